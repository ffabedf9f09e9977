//! A device that has no memory left. The one test of this program, since it takes the program's own
//! memory away, which is what a software adapter hands out.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test asserts by unwrapping")]

use lens_gpu::{Compute, DeviceKind, GpuDevice, GpuError, Rows, cpu};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

const KIB: u64 = 1 << 10;
/// Enough for everything but the rows.
const LEFT: u64 = 80 << 20;

#[test]
fn refused_memory_is_an_answer_and_the_processor_takes_over() {
    let device = match GpuDevice::open() {
        Ok(device) if device.kind() == DeviceKind::Software => device,
        Ok(_) => return eprintln!("a card's memory cannot be taken away: refusal was not tested"),
        Err(error) => {
            assert_eq!(error, GpuError::NoAdapter);
            return eprintln!("no graphics adapter here: refusal was not tested");
        }
    };
    let width = 1024;
    let rows: Vec<f32> = (0..48 * 1024 * width).map(|i| (i % 5) as f32).collect();
    let directions = vec![1.0; width];
    let expected = cpu::project(Rows::F32(&rows), &directions, width).unwrap();

    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let taken = status.lines().find_map(|line| line.strip_prefix("VmSize:")).unwrap();
    let taken: u64 = taken.trim().trim_end_matches(" kB").parse().unwrap();
    let before = getrlimit(Resource::As);
    setrlimit(Resource::As, Rlimit { current: Some(taken * KIB + LEFT), ..before }).unwrap();
    let refused = device.keep(Rows::F32(&rows), width).err();
    // Before any row is brought.
    let room = device.room_for_rows(48 * 1024, width).err();
    let compute = Compute::with(Box::new(device), None);
    let found = compute.project(Rows::F32(&rows), &directions, width);
    setrlimit(Resource::As, before).unwrap();

    assert!(matches!(refused, Some(GpuError::NoMemory { .. })), "{refused:?}");
    assert!(matches!(room, Some(GpuError::NoMemory { .. })), "{room:?}");
    assert_eq!(found, Ok(expected));
    let notices = compute.take_notices();
    assert!(notices[0].contains("bytes of memory, so the processor computed"), "{notices:?}");
    // There may be memory again later.
    assert!(compute.device_name().is_some());
}
