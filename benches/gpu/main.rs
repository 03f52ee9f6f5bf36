//! What a GPU is worth to minuted: how fast 1, 2, 4, 8 and 16 workers are at large-v3-turbo's dimensions, with CUDA graphs and
//! without, and how much of the GPU's memory each of them takes. `make bench-gpu` builds it, with the feature `cuda`, into a
//! folder that can be copied to a GPU machine and run there.
//!
//! ```text
//! ./run [--trial] [--workers 1,2,4,8,16] [--seconds 8] [--out results.md]
//! ```
//!
//! [`whole`] goes through all lines of the table. Each is measured by a process of its own ([`line`]), since CUDA graphs are
//! switched on or off for a process, and since the memory is then that line's alone. Whether the GPU is right is asked of
//! another model ([`hearing`]).
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "what a bench is for")]

mod gpu;
mod hearing;
mod line;
mod machine;
mod model;
mod report;
mod whole;

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, Subcommand, ValueEnum};
use minuted::speech::Device;

/// Measures minuted on this machine's GPU, in six minutes at most.
#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    /// Only see that all of it works, with a tiny model, with or without a GPU
    #[arg(long)]
    trial: bool,
    /// Numbers of workers to measure
    #[arg(long, value_delimiter = ',', default_values_t = [1, 2, 4, 8, 16])]
    workers: Vec<usize>,
    /// How long each of them works
    #[arg(long, default_value_t = 8)]
    seconds: u64,
    /// Where the results are written, if there is a GPU
    #[arg(long, default_value = "results.md")]
    out: PathBuf,
    /// What cargo says to every bench
    #[arg(long, hide = true)]
    bench: bool,
}

#[derive(Subcommand)]
enum Command {
    /// Measure one line of the table and print it as JSON
    Line {
        /// What it computes on
        #[arg(long)]
        device: Where,
        /// Threads that recognise
        #[arg(long)]
        workers: usize,
        /// How long; 0: a window for each worker
        #[arg(long)]
        seconds: u64,
        /// A model file that this bench has written
        #[arg(long)]
        model: PathBuf,
    },
    /// Print what the bundled model hears in a recording
    Hear {
        /// What it computes on
        #[arg(long)]
        device: Where,
    },
}

/// Where a model computes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Where {
    Cpu,
    Cuda,
}

impl Where {
    /// As it is typed.
    fn name(self) -> &'static str {
        match self {
            Self::Cpu => "cpu",
            Self::Cuda => "cuda",
        }
    }

    fn device(self) -> Device {
        match self {
            Self::Cpu => Device::Cpu,
            Self::Cuda => Device::Cuda(0),
        }
    }
}

fn main() -> ExitCode {
    match answer(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn answer(arguments: &Arguments) -> Result<(), Box<dyn Error>> {
    match &arguments.command {
        Some(Command::Line { device, workers, seconds, model }) => {
            let line = line::measure(model, device.device(), *workers, Duration::from_secs(*seconds))?;
            println!("{}", serde_json::to_string(&line)?);
        }
        Some(Command::Hear { device }) => println!("{}", hearing::hear(device.device())?),
        None if arguments.bench && !cfg!(feature = "cuda") => {
            println!("without the feature `cuda` there is no GPU to measure: see `make bench-gpu`");
        }
        None => whole::run(arguments)?,
    }
    Ok(())
}
