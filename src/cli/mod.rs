//! The command line: arguments → command → exit code.
//!
//! One file for each command. Each reads the [`Config`](crate::config::Config) that its flags lead to, has the
//! composition root build what it needs, and writes results to standard output and everything else to standard error.
//! Exit codes: 0 all went well, 1 something failed, 2 it was asked for wrongly, 130 interrupted, 141 nobody reads the
//! output any more.

mod accounts;
mod allotment;
mod arguments;
mod callers;
mod doctor;
mod exit;
mod export;
mod keys;
mod ledger;
mod models;
mod printable;
mod quantity;
mod serve;
mod status;
mod stores;
mod table;
mod transcribe;
mod usage;
mod whole;

use std::io::{self, Write};
use std::process::ExitCode;

use clap::Parser;
use tokio::runtime::Runtime;

use arguments::{Arguments, Command, ModelsCommand};
use exit::Exit;
use ledger::LedgerCommand;

/// Does what the arguments of this process say.
#[must_use]
pub fn run() -> ExitCode {
    let arguments = Arguments::parse();
    let result = match arguments.command {
        Command::Serve(flags) => serve::run(&flags),
        Command::Transcribe(flags) => transcribe::run(&flags),
        Command::Models(ModelsCommand::List(flags)) => models::list(&flags),
        Command::Models(ModelsCommand::Pull(flags)) => models::pull(&flags),
        Command::Models(ModelsCommand::Verify(flags)) => models::verify(&flags),
        Command::Models(ModelsCommand::Callers(flags)) => callers::run(&flags),
        Command::Accounts(command) => accounts::run(command),
        Command::Keys(command) => keys::run(command),
        Command::Status(command) => status::run(command),
        Command::Export(flags) => export::run(&flags),
        Command::Usage(flags) => usage::run(&flags),
        Command::Ledger(LedgerCommand::Verify(flags)) => ledger::verify(&flags),
        Command::Ledger(LedgerCommand::Close(flags)) => ledger::close(&flags),
        Command::Doctor(flags) => doctor::run(&flags),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(exit) => {
            if let Some(message) = exit.message() {
                // If standard error is gone too, nobody can be told.
                let _ = writeln!(io::stderr(), "minuted: {}", printable::printable(message));
            }
            exit.code()
        }
    }
}

/// Runs a command's asynchronous part. What still blocks afterwards, such as a read from a terminal, is not waited for.
fn block_on<T>(work: impl Future<Output = Result<T, Exit>>) -> Result<T, Exit> {
    block_on_runtime(Runtime::new(), work)
}

/// The same, on threads of its own choice.
fn block_on_runtime<T>(runtime: io::Result<Runtime>, work: impl Future<Output = Result<T, Exit>>) -> Result<T, Exit> {
    let runtime = runtime.map_err(|error| Exit::Failed(format!("no threads to run on: {error}")))?;
    let result = runtime.block_on(work);
    runtime.shutdown_background();
    result
}
