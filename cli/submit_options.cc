#include "cli/submit_options.h"

namespace expq::cli {

void DeclareSubmitOptions(OptionTable& table, SubmitOptions* options) {
  table.Positionals("TARGET", &options->targets,
                    "stages to run, with what they need (default: dvc.yaml of this folder)");
  table.Repeated("-S,--set-param", "[FILE:]KEY=VALUE", &options->overrides,
                 "override a param; + adds, ~ deletes; a,b,c and range() make a grid (repeatable)");
  table.Name("-n,--name", "NAME", &options->name, "name it; a grid becomes NAME-1, NAME-2, ...");
  table.Text("-m,--message", "MESSAGE", &options->message, "subject of the result's commit");
  table.Old("-M", "--message");
  table.Number("--priority", "N", &options->priority, "larger runs first (default 0)", -1000000);
  table.Number("--gpus", "N", &options->gpus, "GPUs that each needs for itself");
  table.Number("--cpus", "N", &options->cpus, "CPUs that each needs");
  table.Size("--memory", &options->memory, "memory that each needs");
  table.Repeated("--label", "KEY[=VALUE]", &options->labels, "run only on agents with this label (repeatable)");
  table.Repeated("--after", "EXP", &options->after, "run only after EXP has succeeded (repeatable)");
  table.Number("--retries", "N", &options->retries, "try a failed one again so often");
  table.Duration("--timeout", &options->timeout, "end an attempt that takes longer");
  table.Repeated("-e,--env", "KEY=VALUE", &options->env, "set a variable for the stages (repeatable)");
  table.Flag("-f,--force", &options->force, "run stages even if unchanged; replace a finished experiment of that name");
  table.Flag("-s,--single-item", &options->single_item, "only the targets, not what they need");
  table.Flag("--downstream", &options->downstream, "the targets and everything after them");
  table.Flag("--force-downstream", &options->force_downstream, "also run what follows a stage that ran");
  table.Flag("-p,--pipeline", &options->whole_pipelines, "everything connected with the targets");
  table.Flag("-P,--all-pipelines", &options->all_pipelines, "every stage of the repository");
  table.Flag("-R,--recursive", &options->recursive, "a folder: every stage defined in or below it");
  table.Flag("--glob", &options->glob, "targets are patterns of stage names: 'train*'");
  table.Flag("-k,--keep-going", &options->keep_going, "after a failure run what does not depend on it");
  table.Flag("--ignore-errors", &options->ignore_errors,
             "after a failure run what depends on it too, and keep the result");
  table.Flag("--allow-missing", &options->allow_missing, "leave stages alone whose data is missing but not changed");
  table.Flag("--pull", &options->pull, "take missing data and earlier results from the default DVC remote");
  table.Flag("--no-hydra", &options->no_hydra, "take params.yaml as it is, whatever hydra.enabled says");
  table.Flag("--no-run-cache", &options->no_run_cache, "do not look for earlier results of a stage");
  table.Number("--stage-jobs", "N", &options->stage_jobs, "stages at a time within each experiment (default 1)", 1);
  table.Refused("--dry", "", "expq submit --dry-run says what would be queued, expq repro --dry what would run here");
  table.Refused("--no-commit", "", "an experiment's outputs are kept: they are its result");
  table.Refused("-j,--jobs", "N", "--stage-jobs N for the stages of one experiment, expq run-all -j N for experiments");
  table.Refused("-i,--interactive", "", "nobody is asked while an experiment runs: expq repro -i asks");
  table.Refused("--config", "FILE", "run configurations are not supported yet");
  table.Refused("--copy-paths", "PATH",
                "untracked files cannot be added yet: git add them instead (git add -f if ignored)");
}

}  // namespace expq::cli
