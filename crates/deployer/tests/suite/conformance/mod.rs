mod fake;
mod lies;
mod report;
mod verdicts;
