//! Directions in files: against what numpy, safetensors and llama.cpp's package write (made by
//! tests/reference/directions/make.py), round trips, and damaged files.

use std::error::Error;
use std::path::{Path, PathBuf};

use lens_core::{Direction, DirectionMethod};
use lens_steering::SteeringError;
use lens_steering::direction_file::{
    Contents, Convention, DirectionFile, Format, Mode, Told, from_bytes, read, to_bytes, write,
};
use proptest::prelude::*;

const VECTOR: [f32; 4] = [0.5, -0.5, 0.1, -0.7];
const FORMATS: [Format; 3] = [Format::Npy, Format::Safetensors, Format::Gguf];

fn reference(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../tests/reference/directions").join(name)
}

fn direction(layer: usize, vector: &[f32]) -> Direction {
    Direction {
        method: DirectionMethod::MeanDifference,
        layer,
        vector: vector.to_vec(),
        midpoint: -0.125,
        scale: 1.75,
    }
}

fn contents(direction: &Direction) -> Contents<'_> {
    Contents {
        direction,
        mode: Mode::Add,
        model: "toy-llama",
        family: "llama",
        provenance: "data pairs; seed 0",
    }
}

fn at_layer(layer: usize) -> Told {
    Told { layer: Some(layer), convention: None }
}

fn opened(name: &str, told: Told) -> Result<DirectionFile, SteeringError> {
    read(&reference(name), told)
}

fn layers(file: &DirectionFile) -> Vec<(usize, Option<usize>)> {
    file.directions.iter().map(|d| (d.layer, d.number)).collect()
}

#[test]
fn files_have_the_bytes_that_other_tools_write() -> Result<(), Box<dyn Error>> {
    let direction = direction(5, &VECTOR);
    for (name, format) in [("own.npy", Format::Npy), ("own.gguf", Format::Gguf)] {
        assert_eq!(
            to_bytes(&contents(&direction), format)?,
            std::fs::read(reference(name))?,
            "{name}"
        );
    }
    let own = to_bytes(&contents(&direction), Format::Safetensors)?;
    let read = safetensors::SafeTensors::deserialize(&own)?;
    assert_eq!(read.tensor("direction")?.shape(), [4]);
    let (_, about) = safetensors::SafeTensors::read_metadata(&own)?;
    let about = about.metadata().as_ref().ok_or("no metadata")?;
    assert_eq!(about.get("layer").map(String::as_str), Some("5"));
    Ok(())
}

#[test]
fn what_other_tools_write_is_read() -> Result<(), Box<dyn Error>> {
    for name in ["own.npy", "version-2.npy", "version-3.npy"] {
        let file = opened(name, at_layer(3))?;
        assert_eq!(layers(&file), [(3, None)], "{name}");
        assert_eq!(file.directions[0].vector, VECTOR, "{name}");
    }
    for name in ["f16.npy", "f16.safetensors"] {
        let file = opened(name, at_layer(3))?;
        let near = file.directions[0].vector.iter().zip(VECTOR).all(|(a, b)| (a - b).abs() < 1e-3);
        assert!(near && file.directions[0].vector != VECTOR, "{name}");
    }
    for name in ["repeng.gguf", "easysteer.gguf"] {
        let file = opened(name, Told::default())?;
        assert_eq!(file.convention, Convention::Block, "{name}");
        assert_eq!(layers(&file), [(2, Some(1)), (3, Some(2)), (4, Some(3))], "{name}");
        assert_eq!(file.model.as_deref(), Some("llama"));
        assert_eq!(file.directions[1].vector, VECTOR.map(|v| v * 2.0));
        assert!((file.directions[0].norm - 1.0).abs() < 1e-6);
    }
    let measured = opened("generator.gguf", Told::default())?;
    assert_eq!(measured.convention, Convention::Generator);
    assert_eq!(layers(&measured), [(1, Some(1)), (2, Some(2)), (3, Some(3))]);
    assert!(measured.because.contains("one block later"));
    let steered = Told { convention: Some(Convention::Block), layer: None };
    assert_eq!(layers(&opened("generator.gguf", steered)?)[0], (2, Some(1)));

    let own = opened("own.gguf", Told::default())?;
    assert_eq!(layers(&own), [(5, Some(4))]);
    assert_eq!(own.model.as_deref(), Some("toy-llama"));
    assert_eq!(own.own.ok_or("not recognised")?.scale, 1.75);
    Ok(())
}

#[test]
fn the_convention_is_asked_for_where_the_file_does_not_say() -> Result<(), Box<dyn Error>> {
    let told = opened("blocks.safetensors", Told::default()).expect_err("unknown").to_string();
    assert!(
        told.contains("residual") && told.contains("block") && told.contains("generator"),
        "{told}"
    );
    let residual = Told { convention: Some(Convention::Residual), layer: None };
    assert_eq!(layers(&opened("blocks.safetensors", residual)?)[0], (1, Some(1)));
    let block = Told { convention: Some(Convention::Block), layer: None };
    assert_eq!(layers(&opened("blocks.safetensors", block)?)[0], (2, Some(1)));
    let told = opened("own.npy", Told::default()).expect_err("no layer").to_string();
    assert!(told.contains("give the layer"), "{told}");
    Ok(())
}

#[test]
fn what_cannot_be_used_is_told_in_a_sentence() {
    for (name, what) in [
        ("f64.npy", "float32"),
        ("big-endian.npy", "float32"),
        ("matrix.npy", "one row of it"),
        ("objects.npy", "pickle"),
        ("archive.npz", "not opened here"),
        ("f16.gguf", "not stored in f32"),
        ("matrix.safetensors", "one list"),
        ("provenance.json", "none of .npy"),
    ] {
        let told = opened(name, at_layer(1)).expect_err(name).to_string();
        assert!(told.contains(what) && told.contains(name), "{name}: {told}");
    }
    let pickle = from_bytes(b"\x80\x05\x95", at_layer(1)).expect_err("a pickle");
    assert!(pickle.contains("can run code"), "{pickle}");
}

#[test]
fn what_a_format_cannot_hold_is_refused() {
    let said = |layer, mode, format| {
        let direction = direction(layer, &VECTOR);
        to_bytes(&Contents { mode, ..contents(&direction) }, format).map_err(|e| e.to_string())
    };
    for layer in [0, 1] {
        let told = said(layer, Mode::Add, Format::Gguf).expect_err("no block");
        assert!(told.contains(&format!("cannot hold layer {layer}")), "{told}");
        assert!(said(layer, Mode::Add, Format::Safetensors).is_ok());
        assert!(said(layer, Mode::Add, Format::Npy).is_ok());
    }
    assert!(said(2, Mode::Add, Format::Gguf).is_ok());
    for format in [Format::Gguf, Format::Npy] {
        let told = said(4, Mode::ProjectOut, format).expect_err("no place for it");
        assert!(told.contains("cannot say project-out") && told.contains(".safetensors"), "{told}");
    }
    for bad in [[f32::NAN, 1.0, 0.0, 0.0], [0.0; 4], [f32::INFINITY, 0.0, 0.0, 0.0]] {
        for format in FORMATS {
            assert!(to_bytes(&contents(&direction(4, &bad)), format).is_err());
        }
    }
    assert!(write(Path::new("direction.pt"), &contents(&direction(4, &VECTOR))).is_err());
}

#[test]
fn every_mode_comes_back_from_safetensors() -> Result<(), Box<dyn Error>> {
    let direction = direction(0, &VECTOR);
    for mode in Mode::ALL {
        let bytes = to_bytes(&Contents { mode, ..contents(&direction) }, Format::Safetensors)?;
        assert_eq!(from_bytes(&bytes, Told::default())?.mode, mode);
    }
    Ok(())
}

#[test]
fn a_direction_of_another_model_does_not_fit() -> Result<(), Box<dyn Error>> {
    let file = opened("own.gguf", Told::default())?;
    assert!(file.check_fits(4, 5).is_ok());
    let told = |width, last| file.check_fits(width, last).map_err(|e| e.to_string());
    assert!(told(8, 5).expect_err("narrow").contains("4 components"));
    assert!(told(4, 4).expect_err("deep").contains("layers 0 to 4"));
    Ok(())
}

#[test]
fn a_header_that_claims_more_than_there_is_allocates_nothing() {
    let huge = u64::MAX.to_le_bytes();
    let mut gguf = b"GGUF\x03\0\0\0\x01\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0".to_vec();
    let mut safe = huge.to_vec();
    gguf.extend(huge);
    safe.extend(b"{}");
    let npy = b"\x93NUMPY\x02\0\xff\xff\xff\xff{".to_vec();
    let mut shape = b"\x93NUMPY\x01\0\x4a\0{'descr': '<f4', 'fortran_order': False, 'shape': (18446744073709551615,)}".to_vec();
    shape.resize(10 + 0x4a, b' ');
    let mut list = b"GGUF\x03\0\0\0\x01\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0k\x09\0\0\0\x08\0\0\0".to_vec();
    list.extend(huge);
    for bytes in [gguf, safe, npy, shape, list] {
        let told = from_bytes(&bytes, at_layer(1)).expect_err("claims too much");
        assert!(told.contains("claims") || told.contains("asks for"), "{told}");
    }
}

fn damaged(name: &str) -> Result<(), Box<dyn Error>> {
    let whole = std::fs::read(reference(name))?;
    let told = Told { convention: Some(Convention::Block), layer: Some(2) };
    assert!(from_bytes(&whole, told).is_ok(), "{name}");
    for end in 0..whole.len() {
        // a GGUF ends in padding that holds nothing
        let padded = name.ends_with(".gguf") && whole[end..].iter().all(|b| *b == 0);
        let cut = from_bytes(&whole[..end], told);
        assert!(cut.is_err() || padded, "{name} cut at {end}");
    }
    for at in 0..whole.len() {
        for change in [0x01, 0x80, 0xff] {
            let mut bytes = whole.clone();
            bytes[at] ^= change;
            // any answer will do but a panic or a number that is none
            if let Ok(file) = from_bytes(&bytes, told) {
                assert!(file.directions.iter().all(|d| d.norm > 0.0 && d.norm.is_finite()));
            }
        }
    }
    Ok(())
}

#[test]
fn damaged_files_are_sentences() -> Result<(), Box<dyn Error>> {
    ["own.npy", "own.gguf", "repeng.gguf", "blocks.safetensors", "f16.safetensors"]
        .into_iter()
        .try_for_each(damaged)
}

proptest! {
    #[test]
    fn what_is_written_is_read_back_and_written_the_same(
        mut vector in prop::collection::vec(-1e30_f32..1e30, 1..70),
        layer in 2..200_usize,
        midpoint in any::<f64>().prop_filter("finite", |v| v.is_finite()),
        model in ".{0,12}",
    ) {
        vector[0] = 1.0;
        let direction = Direction { midpoint, ..direction(layer, &vector) };
        let given = Contents { model: &model, ..contents(&direction) };
        for format in FORMATS {
            let bytes = to_bytes(&given, format).expect("holds it");
            let told = if format == Format::Npy { at_layer(layer) } else { Told::default() };
            let file = from_bytes(&bytes, told).expect("reads back");
            prop_assert_eq!(file.format, format);
            let [found] = file.directions.as_slice() else { panic!("one direction") };
            prop_assert_eq!(found.layer, layer);
            prop_assert_eq!(&found.vector, &vector);
            if let Some(own) = file.own {
                prop_assert_eq!(own.midpoint.to_bits(), midpoint.to_bits());
                prop_assert_eq!(file.model.as_deref(), Some(model.as_str()));
                let again = Direction {
                    method: own.method,
                    layer: found.layer,
                    vector: found.vector.clone(),
                    midpoint: own.midpoint,
                    scale: own.scale,
                };
                let given = Contents {
                    direction: &again,
                    provenance: &own.provenance,
                    ..given
                };
                prop_assert_eq!(to_bytes(&given, format).expect("holds it"), bytes);
            } else {
                prop_assert_eq!(format, Format::Npy);
            }
        }
    }
}
