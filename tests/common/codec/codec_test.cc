#include "common/codec/codec.h"

#include "gtest/gtest.h"
#include "tests/support/every_option.h"

namespace expq::codec {
namespace {

using experiment::Cause;
using experiment::Experiment;
using experiment::OutcomeKind;
using experiment::State;

// Every field set to something that is not its default, so that a forgotten one shows.
Experiment FullExperiment() {
  Experiment e{.id = {"0123456789abcdef"},
               .project = {"digits"},
               .submission = {"fedcba9876543210"},
               .sequence = 42,
               .name = "rusty-otter",
               .message = "try more units",
               .baseline = {std::string(40, 'a')},
               .snapshot = {std::string(40, 'b')},
               .overrides = {"train.units=128", "conf/x.yaml:a=1"},
               .need = {.cpus = 2, .memory = 1 << 30, .gpus = 1, .labels = {{"zone", "b"}}},
               .priority = -3,
               .retries = 2,
               .timeout = absl::Minutes(90),
               .after = {{"1111111111111111"}},
               .force_name = true,
               .state = State::kFailed,
               .attempt = 3,
               .losses = 1,
               .failures = 2,
               .cancel_requested = true,
               .agent = "box-1",
               .stage = "train",
               .error = "stage 'train': exited with code 3",
               .cause = Cause::kOutOfMemory,
               .workspace = "/data/work/kept/x",
               .revision = {std::string(40, 'c')},
               .params_json = R"({"params.yaml":{"units":128}})",
               .metrics_json = R"({"metrics.json":{"acc":0.9}})",
               .properties = {{"note", "good"}},
               .created = absl::FromUnixMicros(1000001),
               .started = absl::FromUnixMicros(2000002),
               .finished = absl::FromUnixMicros(3000003),
               .waiting_because = "needs a gpu"};
  e.options = testing::EveryOption();
  return e;
}

std::string Bytes(const Experiment& e) {
  v1::Experiment message;
  Encode(e, &message);
  return message.DebugString();
}

TEST(Codec, CarriesEveryFieldOfAnExperimentThereAndBack) {
  const Experiment before = FullExperiment();
  v1::Experiment message;
  Encode(before, &message);
  const google::protobuf::Descriptor* type = message.GetDescriptor();
  for (int i = 0; i < type->field_count(); ++i) {
    const google::protobuf::FieldDescriptor* field = type->field(i);
    bool set = field->is_repeated() ? message.GetReflection()->FieldSize(message, field) > 0
                                    : message.GetReflection()->HasField(message, field);
    EXPECT_TRUE(set) << field->name() << " is not encoded";
  }
  auto after = Decode(message);
  ASSERT_TRUE(after.ok()) << after.status();
  EXPECT_EQ(Bytes(*after), Bytes(before));
  EXPECT_EQ(after->options, before.options);
  EXPECT_EQ(after->timeout, before.timeout);
}

TEST(Codec, KeepsInfiniteTimeoutAndUnsetTimes) {
  Experiment before;
  v1::Experiment message;
  Encode(before, &message);
  auto after = Decode(message);
  ASSERT_TRUE(after.ok());
  EXPECT_EQ(after->timeout, absl::InfiniteDuration());
  EXPECT_EQ(after->created, absl::InfinitePast());
  EXPECT_EQ(after->finished, absl::InfinitePast());
}

TEST(Codec, RefusesAStateThatItDoesNotKnow) {
  v1::Experiment message;
  message.set_state(static_cast<v1::State>(99));
  EXPECT_EQ(Decode(message).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(Codec, TakesAnUnknownCauseForInfrastructure) {
  v1::Outcome message;
  message.set_kind(v1::OUTCOME_KIND_FAILED);
  message.set_cause(static_cast<v1::Cause>(77));
  auto outcome = Decode(message);
  ASSERT_TRUE(outcome.ok());
  EXPECT_EQ(outcome->cause, Cause::kInfrastructure);
}

TEST(Codec, RefusesABlobThatIsNoDigest) {
  v1::Outcome message;
  message.set_kind(v1::OUTCOME_KIND_SUCCEEDED);
  message.add_blobs("../../etc/passwd");
  EXPECT_EQ(Decode(message).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(Codec, CarriesAnErrorThatNamesAFileOfAnyBytes) {
  const experiment::Outcome before{
      .kind = OutcomeKind::kFailed, .error = "cannot write f\xFE: full", .workspace = "/w\xFF"};
  v1::Outcome message;
  Encode(before, &message);
  // What proto3 refuses to parse never arrives.
  v1::Outcome arrived;
  ASSERT_TRUE(arrived.ParseFromString(message.SerializeAsString()));
  EXPECT_EQ(arrived.error(), "cannot write f\xEF\xBF\xBD: full");
  EXPECT_EQ(arrived.workspace(), "/w\xEF\xBF\xBD");
}

TEST(Codec, CarriesAReportWithAnOutcome) {
  experiment::SyncReport before{
      .session = {"s"},
      .agent = "box",
      .projects = {{"p"}},
      .total = {.slots = 4, .cpus = 8, .memory = 5, .gpu_ids = {"GPU-1"}, .labels = {{"a", ""}}},
      .free = {.slots = 3, .closed = "the disk is full"},
      .kept = {{"id3"}, {"id4"}},
      .draining = true,
      .wait = absl::Seconds(5)};
  experiment::Outcome outcome{.kind = OutcomeKind::kPreempted, .error = "e", .blobs = {digest::Md5Of("x")}};
  before.attempts.push_back({.experiment = {"id"}, .attempt = 7, .stage = "train", .outcome = outcome});
  before.attempts.push_back({.experiment = {"id2"}, .attempt = 1, .stage = "prepare"});
  v1::SyncReport message;
  Encode(before, &message);
  auto after = Decode(message);
  ASSERT_TRUE(after.ok()) << after.status();
  EXPECT_EQ(after->total, before.total);
  EXPECT_EQ(after->free, before.free);
  EXPECT_EQ(after->kept, before.kept);
  EXPECT_EQ(after->wait, before.wait);
  ASSERT_EQ(after->attempts.size(), 2u);
  EXPECT_EQ(after->attempts[0].attempt, 7);
  ASSERT_TRUE(after->attempts[0].outcome.has_value());
  EXPECT_EQ(after->attempts[0].outcome->kind, OutcomeKind::kPreempted);
  EXPECT_EQ(after->attempts[0].outcome->blobs, outcome.blobs);
  EXPECT_FALSE(after->attempts[1].outcome.has_value());
}

TEST(Codec, CarriesOrders) {
  experiment::SyncOrders before{.cancel = {{{"a"}, 1}},
                                .drop = {{{"b"}, 2}},
                                .forget = {{"c"}, {"d"}},
                                .drain = true,
                                .queued = 3,
                                .unfinished = 4,
                                .lease = absl::Seconds(60),
                                .call_again = absl::Seconds(5)};
  before.start.push_back({.experiment = FullExperiment(), .attempt = 9, .gpu_ids = {"0", "1"}});
  v1::SyncOrders message;
  Encode(before, &message);
  auto after = Decode(message);
  ASSERT_TRUE(after.ok()) << after.status();
  EXPECT_EQ(after->cancel, before.cancel);
  EXPECT_EQ(after->drop, before.drop);
  EXPECT_EQ(after->forget, before.forget);
  EXPECT_EQ(after->lease, before.lease);
  ASSERT_EQ(after->start.size(), 1u);
  EXPECT_EQ(after->start[0].gpu_ids, before.start[0].gpu_ids);
  EXPECT_EQ(Bytes(after->start[0].experiment), Bytes(FullExperiment()));
}

TEST(Codec, CarriesAListRequestWithStates) {
  experiment::ListRequest before{
      .project = {"p"}, .selectors = {"x"}, .states = {State::kQueued, State::kCancelled}, .explain = true};
  v1::ListRequest message;
  Encode(before, &message);
  auto after = Decode(message);
  ASSERT_TRUE(after.ok());
  EXPECT_EQ(after->states, before.states);
  EXPECT_TRUE(after->explain);
}

}  // namespace
}  // namespace expq::codec
