//! Hands whisper.cpp the flag that tells it to stop.
//!
//! whisper-rs has a safe setter for this, but in 0.16 it reads a boxed closure as another type: the callback then
//! fires for no reason, or never. Hence a C callback over an atomic flag, in the one file that may be unsafe.
#![expect(unsafe_code, reason = "whisper.cpp takes its abort flag through a C callback")]

use std::ffi::c_void;
use std::sync::atomic::{AtomicBool, Ordering};

use whisper_rs::{FullParams, WhisperError, WhisperState};

/// `WhisperState::full`, which ends early once `flag` is set.
///
/// whisper.cpp looks at the flag between the stages of the encoder and before each token, not inside of one.
pub fn full(
    state: &mut WhisperState,
    mut params: FullParams<'_, '_>,
    samples: &[f32],
    flag: &AtomicBool,
) -> Result<(), WhisperError> {
    // SAFETY: the callback only reads an atomic through a pointer that lives for the whole of this call, and
    // whisper.cpp keeps neither after `full` has returned: `params` is consumed by it.
    unsafe {
        params.set_abort_callback(Some(is_set));
        params.set_abort_callback_user_data(std::ptr::from_ref(flag).cast_mut().cast::<c_void>());
    }
    state.full(params, samples)
}

extern "C" fn is_set(flag: *mut c_void) -> bool {
    // SAFETY: `full` passes a pointer to an `AtomicBool` that outlives the call during which this is invoked.
    unsafe { &*flag.cast::<AtomicBool>() }.load(Ordering::Relaxed)
}
