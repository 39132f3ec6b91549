//! Each operation on files fails once, in each verb: what is there then is what was there before or
//! what the verb makes of it, and the error says which.

mod cases;
mod trial;
mod world;
