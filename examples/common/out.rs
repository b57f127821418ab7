//! `print!` and `println!` for programs whose output may be cut off, as by `| head -1`: there, std's would panic.

use std::fmt::Arguments;
use std::io::{ErrorKind, Write, stdout};
use std::process::exit;

/// Ends the program, without a word, if nobody reads any more.
pub fn write(text: Arguments) {
    match stdout().lock().write_fmt(text) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => exit(0),
        result => result.expect("standard output can be written"),
    }
}

macro_rules! print {
    ($($text:tt)*) => { crate::out::write(format_args!($($text)*)) };
}

macro_rules! println {
    () => { print!("\n") };
    ($($text:tt)*) => { print!("{}\n", format_args!($($text)*)) };
}
