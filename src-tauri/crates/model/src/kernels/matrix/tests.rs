use candle_core::{DType, Device, Tensor};
use rand::Rng;

use super::*;
use crate::kernels::{NumberType, every_arch};

const STORED: WeightsDtype = WeightsDtype::Stored;

/// Small whole numbers: every order of summation gives the same exact sum.
fn numbers(count: usize, step: usize) -> Vec<f32> {
    (0..count).map(|i| ((i * step) % 13) as f32 - 6.0).collect()
}

#[test]
fn it_is_the_product_for_every_shape_around_the_tiles() {
    for arch in every_arch() {
        check(arch);
    }
}

/// The same numbers as a file of the type stores them.
fn stored(numbers: &[f32], dtype: NumberType) -> Vec<u8> {
    let theirs = match dtype {
        NumberType::F32 => DType::F32,
        NumberType::Bf16 => DType::BF16,
        NumberType::F16 => DType::F16,
    };
    let tensor = Tensor::from_slice(numbers, numbers.len(), &Device::Cpu).unwrap();
    let mut file = Vec::new();
    tensor.to_dtype(theirs).unwrap().write_bytes(&mut file).unwrap();
    file
}

fn check(arch: Arch) {
    for inputs in [1, 7, 64, DEPTH, DEPTH + 1, 2 * DEPTH + 3] {
        for outputs in [1, 15, 16, 31, 33, 64, 100] {
            let upper = numbers(inputs * (outputs / 2), 7);
            let lower = numbers(inputs * (outputs - outputs / 2), 5);
            let bias = (outputs % 2 == 0).then(|| numbers(outputs, 3));
            let weights = [&upper[..], &lower].concat();
            let [matrix, others @ ..] = TYPES.map(|types| {
                let [upper, lower] = [(&upper, types[0]), (&lower, types[1])]
                    .map(|(part, dtype)| (stored(part, dtype), dtype));
                let stack = [&upper, &lower].map(|(bytes, dtype)| StoredRows {
                    dtype: *dtype,
                    bytes,
                    transposed: false,
                });
                PackedMatrix::for_arch(arch, &stack, inputs, bias.clone(), STORED).unwrap()
            });
            let all: Vec<u32> = (0..outputs as u32).collect();
            assert_eq!(matrix.look_up(&all).unwrap(), weights);
            assert_eq!(matrix.look_up(&[0, outputs as u32]), None);
            for rows in [1, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 25] {
                let input = numbers(rows * inputs, 11);
                let addend = numbers(rows * outputs, 2);
                let plain = matrix.multiply(rows, &input, None);
                let added = matrix.multiply(rows, &input, Some(&addend));
                for tasks in 1..4 {
                    let divided = matrix.multiply_divided(rows, &input, Some(&addend), tasks);
                    assert_eq!(divided, added);
                }
                for other in &others {
                    assert_eq!(other.multiply(rows, &input, Some(&addend)), added);
                }
                for (i, x) in input.chunks(inputs).enumerate() {
                    for (j, w) in weights.chunks(inputs).enumerate() {
                        let dot: f32 = x.iter().zip(w).map(|(x, w)| x * w).sum();
                        let sum = dot + bias.as_ref().map_or(0.0, |b| b[j]);
                        let at = i * outputs + j;
                        assert_eq!(plain[at], sum);
                        assert_eq!(added[at], sum + addend[at]);
                    }
                }
            }
        }
    }
}

/// Of the upper and the lower matrix of a stack.
const TYPES: [[NumberType; 2]; 4] = [
    [NumberType::F32, NumberType::F32],
    [NumberType::Bf16, NumberType::Bf16],
    [NumberType::F16, NumberType::F16],
    [NumberType::Bf16, NumberType::F16],
];

/// Numbers of 16 bits and the same widened to f32 before they are packed.
#[test]
fn sixteen_bits_give_the_same_bits_as_the_widened_matrix() {
    let mut random = lens_core::Seed(7).stream("weights");
    let mut draw = |count: usize| -> Vec<f32> {
        (0..count).map(|_| random.random_range(-1.0..1.0_f32).powi(5)).collect()
    };
    let (inputs, outputs) = (2 * DEPTH + 3, 75);
    let (weights, bias, input) = (draw(inputs * outputs), draw(outputs), draw(30 * inputs));
    for dtype in [NumberType::Bf16, NumberType::F16] {
        let bytes = stored(&weights, dtype);
        let numbers = bytes.chunks_exact(2).map(|number| dtype.widen(number));
        let widened = stored(&numbers.collect::<Vec<_>>(), NumberType::F32);
        for arch in every_arch() {
            let pack = |bytes, dtype| {
                let stack = [StoredRows { dtype, bytes, transposed: false }];
                PackedMatrix::for_arch(arch, &stack, inputs, Some(bias.clone()), STORED).unwrap()
            };
            let (held, wide) = (pack(&bytes, dtype), pack(&widened, NumberType::F32));
            assert_eq!(2 * held.panels.bytes(), wide.panels.bytes());
            for rows in [1, 2, 4, 5, 8, 9, 30] {
                let input = &input[..rows * inputs];
                let truth = wide.multiply(rows, input, None);
                let bits = |numbers: &[f32]| -> Vec<u32> {
                    numbers.iter().map(|number| number.to_bits()).collect()
                };
                assert_eq!(bits(&held.multiply(rows, input, None)), bits(&truth));
                let divided = held.multiply_divided(rows, input, None, 2);
                assert_eq!(bits(&divided), bits(&truth));
            }
        }
    }
}

/// Whatever the numbers are stored as, and rows being columns of the file or not.
#[test]
fn numbers_held_otherwise_are_those_of_a_file_so_written() {
    let mut random = lens_core::Seed(9).stream("weights");
    let (inputs, outputs) = (70, 37);
    let count = inputs * outputs;
    let weights: Vec<f32> = (0..count).map(|_| random.random_range(-1.0..1.0)).collect();
    let all: Vec<u32> = (0..outputs as u32).collect();
    for types in TYPES {
        for transposed in [false, true] {
            let files = types.map(|dtype| (stored(&weights, dtype), dtype));
            let widened = files.each_ref().map(|(bytes, dtype)| {
                let numbers = bytes.chunks_exact(dtype.size()).map(|n| dtype.widen(n));
                numbers.collect::<Vec<f32>>()
            });
            for (held, dtype) in
                [(WeightsDtype::F32, NumberType::F32), (WeightsDtype::Bf16, NumberType::Bf16)]
            {
                let so_written = widened.each_ref().map(|numbers| stored(numbers, dtype));
                let [given, truth] = [
                    files.each_ref().map(|(bytes, dtype)| (bytes, *dtype)),
                    so_written.each_ref().map(|bytes| (bytes, dtype)),
                ]
                .map(|parts| parts.map(|(bytes, dtype)| StoredRows { dtype, bytes, transposed }));
                for arch in every_arch() {
                    let given = PackedMatrix::for_arch(arch, &given, inputs, None, held).unwrap();
                    let truth = PackedMatrix::for_arch(arch, &truth, inputs, None, STORED).unwrap();
                    assert_eq!(given.panels.bytes(), truth.panels.bytes());
                    assert_eq!(given.look_up(&all), truth.look_up(&all));
                }
            }
        }
    }
    let bytes = stored(&[f32::MAX, 1.0], NumberType::F32);
    let rows = StoredRows { dtype: NumberType::F32, bytes: &bytes, transposed: false };
    assert!(rows.is_finite() && !rows.is_finite_as_bf16());
    assert!(PackedMatrix::new(&[rows], 2, None, WeightsDtype::Bf16).is_none());
}

#[test]
fn a_matrix_stored_the_other_way_round_is_the_same() {
    let (inputs, outputs) = (70, 37);
    let weights = numbers(inputs * outputs, 7);
    let turned: Vec<f32> = (0..inputs)
        .flat_map(|input| (0..outputs).map(move |output| (output, input)))
        .map(|(output, input)| weights[output * inputs + input])
        .collect();
    for dtype in [NumberType::F32, NumberType::Bf16, NumberType::F16] {
        let bytes = stored(&turned, dtype);
        let stack = [StoredRows { dtype, bytes: &bytes, transposed: true }];
        for arch in every_arch() {
            let matrix = PackedMatrix::for_arch(arch, &stack, inputs, None, STORED).unwrap();
            let all: Vec<u32> = (0..outputs as u32).collect();
            assert_eq!(matrix.look_up(&all).unwrap(), weights);
        }
    }
}

#[test]
fn numbers_that_are_not_finite_are_found_wherever_they_are() {
    let (inputs, outputs) = (9, 40);
    for types in TYPES {
        for place in [0, 5, inputs * 20 - 1, inputs * 20, inputs * outputs - 1] {
            for number in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
                let mut weights = numbers(inputs * outputs, 7);
                weights[place] = number;
                let (upper, lower) = weights.split_at(inputs * 20);
                let files = [stored(upper, types[0]), stored(lower, types[1])];
                let stack: Vec<_> = files
                    .iter()
                    .zip(types)
                    .map(|(bytes, dtype)| StoredRows { dtype, bytes, transposed: false })
                    .collect();
                for arch in every_arch() {
                    assert!(PackedMatrix::for_arch(arch, &stack, inputs, None, STORED).is_none());
                }
                let finite: Vec<bool> = stack.iter().map(StoredRows::is_finite).collect();
                assert_eq!(finite, [place >= inputs * 20, place < inputs * 20]);
            }
        }
    }
}
