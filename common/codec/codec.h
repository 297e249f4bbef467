// proto ⇄ domain: one pair of functions a type. Encode is total; Decode refuses what the domain cannot hold
// (InvalidArgument naming the field). No proto type is used above this room and `wire`, `rpc`.
#pragma once

#include "absl/status/statusor.h"
#include "common/experiment/interfaces.h"
#include "expq/v1/dispatcher.pb.h"
#include "expq/v1/queue.pb.h"
#include "expq/v1/types.pb.h"

namespace expq::codec {

void Encode(const experiment::Resources& in, v1::Resources* out);
experiment::Resources Decode(const v1::Resources& in);

void Encode(const experiment::Offer& in, v1::Offer* out);
experiment::Offer Decode(const v1::Offer& in);

void Encode(const experiment::RunOptions& in, v1::RunOptions* out);
experiment::RunOptions Decode(const v1::RunOptions& in);

void Encode(const experiment::Experiment& in, v1::Experiment* out);
absl::StatusOr<experiment::Experiment> Decode(const v1::Experiment& in);

void Encode(const std::vector<experiment::Experiment>& in, v1::Experiments* out);
absl::StatusOr<std::vector<experiment::Experiment>> Decode(const v1::Experiments& in);

void Encode(const experiment::Outcome& in, v1::Outcome* out);
absl::StatusOr<experiment::Outcome> Decode(const v1::Outcome& in);

void Encode(const experiment::SubmitRequest& in, v1::SubmitRequest* out);
absl::StatusOr<experiment::SubmitRequest> Decode(const v1::SubmitRequest& in);

void Encode(const experiment::Submission& in, v1::Submission* out);
absl::StatusOr<experiment::Submission> Decode(const v1::Submission& in);

void Encode(const experiment::ListRequest& in, v1::ListRequest* out);
absl::StatusOr<experiment::ListRequest> Decode(const v1::ListRequest& in);

void Encode(const experiment::Event& in, v1::Event* out);
experiment::Event Decode(const v1::Event& in);

void Encode(const experiment::UpdateRequest& in, v1::UpdateRequest* out);
experiment::UpdateRequest Decode(const v1::UpdateRequest& in);

void Encode(const experiment::Selection& in, v1::Selection* out);
experiment::Selection Decode(const v1::Selection& in);

void Encode(const experiment::LogSegment& in, v1::LogSegment* out);
experiment::LogSegment Decode(const v1::LogSegment& in);

void Encode(const experiment::AgentInfo& in, v1::AgentInfo* out);
experiment::AgentInfo Decode(const v1::AgentInfo& in);

void Encode(const experiment::SyncReport& in, v1::SyncReport* out);
absl::StatusOr<experiment::SyncReport> Decode(const v1::SyncReport& in);

void Encode(const experiment::SyncOrders& in, v1::SyncOrders* out);
absl::StatusOr<experiment::SyncOrders> Decode(const v1::SyncOrders& in);

void Encode(const experiment::LogAppend& in, v1::LogAppend* out);
experiment::LogAppend Decode(const v1::LogAppend& in);

void Encode(const experiment::Progress& in, v1::Progress* out);
experiment::Progress Decode(const v1::Progress& in);

}  // namespace expq::codec
