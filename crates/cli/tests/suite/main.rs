//! `gtc` as a program: the real binary, in a home folder of its own.

mod calls;
mod config_rules;
mod doors;
mod golden;
mod lab;
mod named;
mod packs_page;
mod page;
mod serving;
mod tree;
mod worker;
