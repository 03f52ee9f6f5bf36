//! From the first look for a GPU to the results: what is measured, in which order, and how long at most.

use std::error::Error;
use std::fmt::{self, Write};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};
use std::{env, fs, io};

use super::line::{Line, WITHOUT_GRAPHS};
use super::model::{Dimensions, LEAST};
use super::{Arguments, Where, machine, model, report};
use minuted::speech::MAX_WINDOW;
use minuted::speech::whisper::build_info;

/// 809 million weights.
const LARGE_V3_TURBO: Dimensions = Dimensions { width: 1280, heads: 20, encoder_layers: 32, decoder_layers: 4 };

/// The time for all of it; the CPU's line, which comes last, has what is left.
const IN_ALL: Duration = Duration::from_mins(6);
/// After this no line of the GPU is begun.
const FOR_THE_GPU: Duration = Duration::from_mins(3);
/// To load a model and to begin; what takes longer on a GPU has got stuck.
const LOADING: Duration = Duration::from_mins(1);

/// What has been seen so far.
#[derive(Default)]
struct Seen {
    lines: Vec<Line>,
    /// What could not be measured, and why.
    missing: Vec<String>,
}

/// Measures, prints, and writes the results if a GPU was there.
///
/// # Errors
/// When there is no GPU that this build can use, after the CPU's line; and when nothing can be measured at all.
pub fn run(arguments: &Arguments) -> Result<(), Box<dyn Error>> {
    let begun = Instant::now();
    let (name, dimensions) = if arguments.trial { ("least", LEAST) } else { ("large-v3-turbo", LARGE_V3_TURBO) };
    let by_processor = hear(Where::Cpu)?;
    let by_gpu = hear(Where::Cuda);
    if let Err(reason) = &by_gpu {
        println!("No GPU is measured: {reason}");
    }

    let file = env::current_exe()?.with_file_name(format!("random-{name}.bin"));
    if !file.exists() {
        println!("Writing {}", file.display());
        model::write(&file, dimensions, &model::chain::tokens())?;
    }
    let mut seen = Seen::default();
    if by_gpu.is_ok() {
        for graphs in [true, false] {
            for &workers in &arguments.workers {
                let seconds = arguments.seconds;
                let limit = LOADING + Duration::from_secs(seconds);
                let wanted = Wanted { device: Where::Cuda, graphs, workers, seconds, limit };
                if begun.elapsed() < FOR_THE_GPU {
                    seen.measure(wanted, &file);
                } else {
                    seen.missing.push(format!("{wanted}: left out for want of time"));
                }
            }
        }
    }
    let limit = IN_ALL.saturating_sub(begun.elapsed()).max(LOADING);
    seen.measure(Wanted { device: Where::Cpu, graphs: true, workers: machine::cores(), seconds: 0, limit }, &file);

    let text = results(arguments, name, &seen, by_gpu.as_deref().ok().zip(Some(by_processor.as_str())));
    println!("\n{text}");
    match by_gpu {
        Ok(_) if report::worth_having(&seen.lines).is_none() => Err("not one line of the GPU could be measured".into()),
        Ok(_) => Ok(fs::write(&arguments.out, text)?),
        Err(_) if arguments.trial => Ok(()),
        Err(_) => Err("there is no GPU that this build can use: this is the CPU's line alone, and no results".into()),
    }
}

/// What a line is to be of.
#[derive(Clone, Copy)]
struct Wanted {
    device: Where,
    graphs: bool,
    workers: usize,
    seconds: u64,
    /// It has got stuck if it takes longer.
    limit: Duration,
}

impl fmt::Display for Wanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.device {
            Where::Cpu => write!(f, "{} workers on the CPU", self.workers),
            Where::Cuda => write!(f, "{} workers, CUDA graphs {}", self.workers, report::on_or_off(self.graphs)),
        }
    }
}

impl Seen {
    fn measure(&mut self, wanted: Wanted, model: &Path) {
        match line(wanted, model) {
            Ok(line) => {
                println!("{wanted}: {:.2} windows/s", line.windows_a_second);
                self.lines.push(line);
            }
            Err(error) => {
                println!("{wanted}: {error}");
                self.missing.push(format!("{wanted}: {error}"));
            }
        }
    }
}

fn line(wanted: Wanted, model: &Path) -> Result<Line, Box<dyn Error>> {
    let Wanted { device, graphs, workers, seconds, limit } = wanted;
    let mut command = itself(limit)?;
    command.args(["line", "--device", device.name(), "--workers", &workers.to_string()]);
    command.args(["--seconds", &seconds.to_string(), "--model"]).arg(model);
    if !graphs {
        command.env(WITHOUT_GRAPHS, "1");
    }
    Ok(serde_json::from_str(&answer(command)?)?)
}

fn hear(device: Where) -> Result<String, Box<dyn Error>> {
    let mut command = itself(LOADING)?;
    command.args(["hear", "--device", device.name()]);
    answer(command)
}

/// This program once more, for so long at most.
fn itself(limit: Duration) -> io::Result<Command> {
    let mut command = Command::new("timeout");
    command.arg(limit.as_secs().to_string()).arg(env::current_exe()?);
    Ok(command)
}

/// What it printed, or why it failed.
fn answer(mut command: Command) -> Result<String, Box<dyn Error>> {
    let answer = command.output()?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    match answer.status.code() {
        Some(0) => Ok(text(&answer.stdout)),
        Some(124) => Err("it took too long".into()),
        Some(_) => Err(text(&answer.stderr).into()),
        None => Err(format!("{}: {}", answer.status, text(&answer.stderr)).into()),
    }
}

/// The machine, the table, and what follows from it.
fn results(arguments: &Arguments, dimensions: &str, seen: &Seen, texts: Option<(&str, &str)>) -> String {
    let gpu = seen.lines.iter().find_map(|line| line.gpu.as_deref()).unwrap_or("no GPU");
    let mut text = format!(
        "# minuted on a GPU\n\n{gpu}; {}. {}. {}.\n\nDimensions: {}; random weights in 16 bits. Windows of {} s with {} tokens each, \
         for {} s a line; on the CPU one for each worker.\n\n{}",
        machine::describe(),
        build_info(),
        jiff::Timestamp::now().strftime("%F"),
        dimensions,
        MAX_WINDOW.as_secs_f64(),
        model::chain::tokens().len(),
        arguments.seconds,
        report::table(&seen.lines)
    );
    for missing in &seen.missing {
        let _ = write!(text, "\nNot measured: {missing}\n");
    }
    if let Some((workers, graphs)) = report::worth_having(&seen.lines) {
        let graphs = report::on_or_off(graphs);
        let _ = write!(text, "\nWorth having: {workers} workers, with CUDA graphs {graphs}; more bring little.\n");
    }
    if let Some((gpu, cpu)) = texts {
        let _ = write!(text, "\n{}\n", compare(gpu, cpu));
    }
    text
}

/// Whether both heard the same.
fn compare(gpu: &str, cpu: &str) -> String {
    if gpu == cpu {
        format!(
            "The bundled model hears the same on the GPU as on the CPU, in a meeting of {} words.",
            cpu.split(' ').count()
        )
    } else {
        format!("The bundled model does not hear the same.\n\nOn the GPU: {gpu}\n\nOn the CPU: {cpu}")
    }
}
