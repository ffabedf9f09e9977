//! What happens when a device is not there, too small, refuses memory, or goes away at work.

#![allow(clippy::unwrap_used, reason = "a test asserts by unwrapping")]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use lens_gpu::{
    Backend, Compute, Constraints, DeviceChoice, DeviceKind, DeviceRows, GpuDevice, GpuError,
    Measured, Metric, Nearest, NearestTo, PairedRows, Rates, Rows, SidedRows, Work, cpu,
};

fn open(constraints: Constraints) -> Option<GpuDevice> {
    match GpuDevice::open_constrained(constraints) {
        Ok(device) => Some(device),
        Err(error) => {
            assert_eq!(error, GpuError::NoAdapter);
            eprintln!("no graphics adapter here: its failures were not tested");
            None
        }
    }
}

const ROWS: [f32; 4] = [1.0, 2.0, 5.0, 6.0];
const DIRECTIONS: [f32; 2] = [3.0, 4.0];

#[test]
fn left_open_the_choice_never_falls_on_a_software_adapter() {
    let compute = Compute::new(DeviceChoice::Auto, None).unwrap();
    match (GpuDevice::open(), compute.device_name()) {
        (Ok(device), Some(_)) => assert_ne!(device.kind(), DeviceKind::Software),
        (Ok(device), None) if device.kind() == DeviceKind::Software => {
            let described = compute.describe();
            assert!(described.starts_with("processor: the only graphics adapter, "), "{described}");
            assert!(described.ends_with(", is a software one"), "{described}");
        }
        (_, name) => assert_eq!(name, None),
    }
    let found = compute.project(Rows::F32(&ROWS), &DIRECTIONS, 2);
    assert_eq!(found, Ok(vec![11.0, 39.0]));
}

#[test]
fn asked_for_a_processor_or_a_device_one_gets_it() {
    let processor = Compute::new(DeviceChoice::Cpu, None).unwrap();
    assert_eq!((processor.device_name(), processor.describe()), (None, "processor".to_owned()));
    match Compute::new(DeviceChoice::Gpu, None) {
        Ok(compute) => {
            let found = compute.on_device(Work { bytes: 0, multiply_adds: 0 }, |device| {
                device.project(Rows::F32(&ROWS), &DIRECTIONS, 2)
            });
            assert_eq!(found, Ok(Some(vec![11.0, 39.0])));
        }
        Err(error) => assert_eq!(error, GpuError::NoAdapter),
    }
}

#[test]
fn a_lost_device_is_noticed_and_the_processor_takes_over() {
    let Some(device) = open(Constraints::default()) else { return };
    let kept = device.keep(Rows::F32(&ROWS), 2).unwrap();
    assert_eq!(device.project(Rows::F32(&ROWS), &DIRECTIONS, 2), Ok(vec![11.0, 39.0]));
    // (11, 39) times the rows.
    assert_eq!(device.image(&kept, &DIRECTIONS), Ok(vec![206.0, 256.0]));
    device.destroy();
    let lost = |error: GpuError| assert!(matches!(error, GpuError::Lost { .. }), "{error}");
    lost(device.project(Rows::F32(&ROWS), &DIRECTIONS, 2).unwrap_err());
    lost(device.project_kept(&kept, &DIRECTIONS).unwrap_err());
    let (width, k, metric) = (2, 1, Metric::Euclidean);
    let wanted = NearestTo { queries: None, rows: &ROWS, width, k, metric };
    lost(device.nearest(wanted).unwrap_err());
    lost(device.auroc(&ROWS, &[true, false, true, false]).unwrap_err());
    let sided = SidedRows { rows: &ROWS, is_positive: &[true, false], width };
    lost(device.auroc_along(sided, &DIRECTIONS).unwrap_err());
    let paired = PairedRows { rows: &ROWS, width, margin: 0.0 };
    lost(device.wins_along(paired, &DIRECTIONS, &[0]).unwrap_err());
    lost(device.combine(Rows::F32(&ROWS), &[1.0, 2.0], width).unwrap_err());
    lost(device.image(&kept, &DIRECTIONS).unwrap_err());
    lost(device.room_for_rows(2, width).err().unwrap());

    let compute = Compute::with(Box::new(device), None);
    assert!(compute.device_name().is_some());
    // The next step on rows that were there.
    assert_eq!(compute.on_device_again(|device| device.image(&kept, &DIRECTIONS)), Ok(None));
    for _ in 0..2 {
        let found = compute.project(Rows::F32(&ROWS), &DIRECTIONS, 2);
        assert_eq!(found, Ok(vec![11.0, 39.0]));
    }
    assert_eq!(compute.device_name(), None);
    let notices = compute.take_notices();
    assert_eq!(notices.len(), 1, "{notices:?}");
    assert!(notices[0].contains("was lost") && notices[0].contains("the processor computed"));
    assert!(compute.take_notices().is_empty());
}

#[test]
fn a_device_too_small_for_the_shaders_is_not_opened() {
    let constraints = Constraints { workgroup_threads: Some(64), ..Constraints::default() };
    match GpuDevice::open_constrained(constraints) {
        Err(GpuError::TooSmall { what, found: 64, needed: 256, .. }) => {
            assert_eq!(what, "threads of a workgroup");
        }
        Err(error) => assert_eq!(error, GpuError::NoAdapter),
        Ok(_) => panic!("a shader of 256 threads does not run in 64"),
    }
}

#[test]
fn more_than_a_binding_holds_goes_in_blocks_and_a_direction_that_cannot_goes_to_the_processor() {
    let constraints = Constraints { binding_bytes: Some(4096), ..Constraints::default() };
    let Some(device) = open(constraints) else { return };
    let width = 32;
    let whole = |count: usize| -> Vec<f32> { (0..count).map(|i| (i % 7) as f32 - 3.0).collect() };
    // 25,600 bytes of rows and 5,120 of directions; the latter have to be in one binding.
    let (rows, directions) = (whole(200 * width), whole(40 * width));
    let expected = |k: usize| cpu::project(Rows::F32(&rows), &directions[..k * width], width);
    for k in [1, 9, 20, 32] {
        let few = &directions[..k * width];
        assert_eq!(device.project(Rows::F32(&rows), few, width), expected(k));
        let kept = device.keep(Rows::F32(&rows), width).unwrap();
        assert_eq!(device.project_kept(&kept, few), expected(k));
    }
    let too_many = device.project(Rows::F32(&rows), &directions, width);
    assert_eq!(too_many, Err(GpuError::TooLarge { bytes: 5120, most_bytes: 4096 }));

    let compute = Compute::with(Box::new(device), None);
    assert_eq!(compute.project(Rows::F32(&rows), &directions, width), expected(40));
    assert!(compute.take_notices()[0].contains("5120 bytes are more than"));
    // The device is not to blame, and stays.
    assert!(compute.device_name().is_some());
}

/// Stands for a device that fails from the second question on.
struct Failing {
    asked: Arc<AtomicUsize>,
    error: GpuError,
}

impl Failing {
    fn answer<T>(&self, found: Result<T, GpuError>) -> Result<T, GpuError> {
        match self.asked.fetch_add(1, Ordering::Relaxed) {
            0 => found,
            _ => Err(self.error.clone()),
        }
    }
}

impl Backend for Failing {
    fn name(&self) -> &str {
        "card"
    }

    fn project(
        &self,
        rows: Rows<'_>,
        directions: &[f32],
        width: usize,
    ) -> Result<Vec<f32>, GpuError> {
        self.answer(cpu::project(rows, directions, width))
    }

    fn nearest(&self, wanted: NearestTo<'_>) -> Result<Nearest, GpuError> {
        self.answer(cpu::nearest(wanted))
    }

    fn auroc_along(&self, sided: SidedRows<'_>, directions: &[f32]) -> Result<Vec<f64>, GpuError> {
        self.answer(cpu::auroc_along(sided, directions))
    }

    fn wins_along(
        &self,
        paired: PairedRows<'_>,
        directions: &[f32],
        swaps: &[u32],
    ) -> Result<Vec<[u64; 2]>, GpuError> {
        self.answer(cpu::wins_along(paired, directions, swaps))
    }

    fn room_for_rows(&self, _: usize, _: usize) -> Result<DeviceRows, GpuError> {
        Err(self.error.clone())
    }

    fn bring(&self, _: &mut DeviceRows, _: &[f32]) -> Result<(), GpuError> {
        Err(self.error.clone())
    }

    fn image(&self, _: &DeviceRows, _: &[f32]) -> Result<Vec<f64>, GpuError> {
        Err(self.error.clone())
    }
}

fn failing(error: GpuError, measured: Option<Measured>) -> (Compute, Arc<AtomicUsize>) {
    let asked = Arc::new(AtomicUsize::new(0));
    let device = Failing { asked: Arc::clone(&asked), error };
    (Compute::with(Box::new(device), measured), asked)
}

#[test]
fn a_failed_device_is_not_asked_again_and_one_short_of_memory_is() {
    let name = || "card".to_owned();
    let failed = GpuError::Failed { name: name(), reason: "timeout".into() };
    for (error, asks) in [(failed, 2), (GpuError::NoMemory { name: name(), bytes: 9 }, 4)] {
        let (compute, asked) = failing(error, None);
        for _ in 0..4 {
            let found = compute.project(Rows::F32(&ROWS), &DIRECTIONS, 2);
            assert_eq!(found, Ok(vec![11.0, 39.0]));
        }
        assert_eq!(asked.load(Ordering::Relaxed), asks);
        assert_eq!(compute.take_notices().len(), 1);
    }
}

#[test]
fn a_wrong_question_is_an_error_and_no_failure_of_the_device() {
    let shape = GpuError::Shape { what: "row", values: 3, width: 2 };
    let (compute, _) = failing(GpuError::NoAdapter, None);
    assert_eq!(compute.project(Rows::F32(&ROWS[..3]), &DIRECTIONS, 2), Err(shape));
    assert!(compute.device_name().is_some() && compute.take_notices().is_empty());
}

#[test]
fn small_work_stays_on_the_processor_and_large_work_goes_to_the_device() {
    let device = Rates { start: 1e-3, per_byte: 1e-10, per_multiply_add: 1e-12 };
    let processor = Rates { start: 0.0, per_byte: 1e-11, per_multiply_add: 1e-11 };
    let measured = Measured { device, processor };
    // With few directions bringing the rows takes longer than computing on them.
    assert!(measured.prefers_device(Work::of_products(100_000, 1000, 4096)));
    assert!(!measured.prefers_device(Work::of_products(100_000, 1, 4096)));
    assert!(!measured.prefers_device(Work::of_products(10, 10, 64)));
    let from = measured.crossover().unwrap();
    let near = |factor: f64| {
        let multiply_adds = (from * factor) as usize;
        measured.prefers_device(Work { bytes: 4 * multiply_adds / 256, multiply_adds })
    };
    assert!(near(1.01) && !near(0.99));
    let never = Measured { device: processor, processor: device };
    assert!(never.crossover().is_none());

    let (compute, asked) = failing(GpuError::NoAdapter, Some(measured));
    compute.project(Rows::F32(&ROWS), &DIRECTIONS, 2).unwrap();
    assert_eq!(asked.load(Ordering::Relaxed), 0);
    let work = Work::of_products(100_000, 1000, 4096);
    assert_eq!(compute.on_device(work, |device| Ok(device.name().len())), Ok(Some(4)));
}
