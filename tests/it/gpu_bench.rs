//! What `make bench-gpu` stands on, as far as it can be seen without a GPU: the models that it asks, a line of its table, and
//! what is read out of the table.

use std::path::Path;
use std::time::Duration;

use minuted::speech::Device;

#[path = "../../benches/gpu/gpu.rs"]
mod gpu;
#[path = "../../benches/gpu/hearing.rs"]
mod hearing;
#[path = "../../benches/gpu/line.rs"]
mod line;
#[path = "../../benches/gpu/model/mod.rs"]
pub mod model;
#[path = "../../benches/gpu/report.rs"]
mod report;

use crate::spoken::{expected, word_error_rate};
use line::{Line, Memory};

/// A line of a GPU with graphs, at so many windows a second.
fn on_gpu(workers: usize, graphs: bool, windows_a_second: f64) -> Line {
    Line {
        computes_on: "CUDA0".to_owned(),
        gpu: None,
        graphs,
        workers,
        windows_a_second,
        cores: 1.0,
        memory: Some(Memory { model: 1700, workers: 400 * workers as u64 }),
    }
}

#[test]
fn a_model_of_random_weights_says_what_it_was_made_to_say() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("random.bin");
    model::write(&file, model::LEAST, &model::chain::tokens()).expect("a model file");
    // Fails if a window's tokens are others.
    let line = line::measure(&file, Device::Cpu, 2, Duration::ZERO).expect("a line");
    assert_eq!((line.computes_on.as_str(), line.workers, line.graphs), ("CPU", 2, false));
    assert!(line.windows_a_second > 0.0 && line.memory.is_none());
    assert!(!file.with_extension("partial").exists());
}

#[test]
fn a_line_of_a_model_that_says_something_else_is_none() {
    let bundled = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/minuted-nano.en-q5_1.bin");
    let error = line::measure(&bundled, Device::Cpu, 1, Duration::ZERO).expect_err("other words");
    assert!(error.to_string().contains("something else"), "{error}");
}

#[test]
fn what_a_gpu_is_compared_with_is_what_was_said() {
    let heard = hearing::hear(Device::Cpu).expect("a transcript");
    assert!(word_error_rate(&expected("meeting.mp3"), &heard) < 0.2, "{heard}");
}

#[test]
fn a_line_says_what_a_second_of_it_was_worth() {
    let cpu = Line { computes_on: "CPU".to_owned(), memory: None, graphs: false, ..on_gpu(2, true, 0.1) };
    let table = report::table(&[on_gpu(4, true, 10.0), on_gpu(4, false, 5.0), cpu]);
    let rows: Vec<&str> = table.lines().skip(2).collect();
    assert_eq!(rows[0], "| CUDA0 | on | 4 | 297.6 | 0.400 | 1120 | 1.0 | 1700 | 1600 | 400 |");
    assert!(rows[1].starts_with("| CUDA0 | off | 4 | 148.8 | 0.800 | 560 |"), "{}", rows[1]);
    assert_eq!(rows[2], "| CPU |  | 2 | 3.0 | 20.000 | 11 | 1.0 |  |  |  |");
}

#[test]
fn the_fewest_workers_that_have_four_fifths_of_the_fastest_are_worth_having() {
    let lines = [
        on_gpu(1, true, 5.0),
        on_gpu(4, true, 7.9),
        on_gpu(8, true, 8.1),
        on_gpu(16, true, 10.0),
        on_gpu(8, false, 8.2),
        Line { computes_on: "CPU".to_owned(), ..on_gpu(1, false, 99.0) },
    ];
    assert_eq!(report::worth_having(&lines), Some((8, true)));
    assert_eq!(report::worth_having(&lines[5..]), None);
}
