//! What this build of whisper.cpp is, and whether this processor can run it.

/// The processor lacks instructions that whisper.cpp was compiled to use.
#[derive(Debug, thiserror::Error)]
#[error(
    "this processor lacks {}, which this build needs (x86-64-v3, any server since about 2015); \
     set GGML_AVX2 and the like in .cargo/config.toml to OFF and build again", .0.join(", ")
)]
pub struct MissingInstructions(Vec<&'static str>);

/// Fails if whisper.cpp would die of an illegal instruction on this processor. To be asked before a model is loaded.
///
/// # Errors
/// [`MissingInstructions`] names them.
pub fn check_cpu() -> Result<(), MissingInstructions> {
    let missing: Vec<_> = needed().into_iter().filter(|&(_, present)| !present).map(|(name, _)| name).collect();
    if missing.is_empty() { Ok(()) } else { Err(MissingInstructions(missing)) }
}

#[cfg(target_arch = "x86_64")]
fn needed() -> [(&'static str, bool); 6] {
    [
        ("SSE4.2", std::arch::is_x86_feature_detected!("sse4.2")),
        ("AVX", std::arch::is_x86_feature_detected!("avx")),
        ("AVX2", std::arch::is_x86_feature_detected!("avx2")),
        ("FMA", std::arch::is_x86_feature_detected!("fma")),
        ("F16C", std::arch::is_x86_feature_detected!("f16c")),
        ("BMI2", std::arch::is_x86_feature_detected!("bmi2")),
    ]
}

#[cfg(not(target_arch = "x86_64"))]
fn needed() -> [(&'static str, bool); 0] {
    []
}

/// whisper.cpp's version and what this build of it computes with, for `--version` and the log:
/// `whisper.cpp 1.8.3, CPU: AVX2 FMA F16C BMI2`.
#[must_use]
pub fn build_info() -> String {
    let features: Vec<_> = needed().iter().map(|&(name, _)| name).collect();
    let cpu = if features.is_empty() { std::env::consts::ARCH.to_owned() } else { features.join(" ") };
    let gpu = if cfg!(feature = "cuda") { ", CUDA" } else { "" };
    format!("whisper.cpp {}, CPU: {cpu}{gpu}", whisper_rs::WHISPER_CPP_VERSION)
}
