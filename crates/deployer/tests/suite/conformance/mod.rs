mod fake;
mod fakes;
mod lies;
mod report;
mod verdicts;
