// Sums of rows with weights: sums[span, k, :] is the sum of weights[i, k] rows[i, :] over the rows i of
// a span. Twin: cpu::combine. In front of this: the rows, X and Y (threads along components and along
// columns of weights) and DEPTH (rows of a tile).
//
// A workgroup takes one span, 8 X components and 4 Y columns; a thread eight of the components (two
// parts of four) by four of the columns, in registers. Rows and weights are brought into workgroup
// memory DEPTH rows at a time; those of the next tile are on their way while this one is summed. Sums
// of INNER rows are added to a sum of such sums, so that rounding stays that of few additions; spans
// are added up by the processor, in f64. What is eight by four is written out, since a loop over an
// array need not stay in registers.

struct Shape {
    // Rows of this dispatch, and where they and their weights begin.
    count: u32,
    first_row: u32,
    first_weight: u32,
    // Columns of weights.
    columns: u32,
    parts: u32,
    // Rows of a span, a multiple of INNER.
    span: u32,
}

const THREADS: u32 = X * Y;
const INNER: u32 = 64u;
// Parts of rows that a thread brings, one or two, and threads that bring four weights.
const ROW_PARTS: u32 = 2u * X * DEPTH / THREADS;
const WEIGHERS: u32 = Y * DEPTH;

// [row, column]
@group(0) @binding(1) var<storage, read> weights: array<f32>;
// [span, column, part]
@group(0) @binding(2) var<storage, read_write> sums: array<vec4<f32>>;
@group(0) @binding(3) var<uniform> shape: Shape;

// [row, part]
var<workgroup> row_tile: array<vec4<f32>, 2u * X * DEPTH>;
// [row, four columns]
var<workgroup> weight_tile: array<vec4<f32>, Y * DEPTH>;

// The `at`-th part of a tile. Rows and parts beyond the last stand for the last: such rows weigh
// nothing, and the sums of such parts are not kept.
fn part_of(at: u32, first_row: u32, first_part: u32) -> vec4<f32> {
    let row = min(first_row + at / (2u * X), shape.count - 1u);
    let part = min(first_part + at % (2u * X), shape.parts - 1u);
    return row_part((shape.first_row + row) * shape.parts + part);
}

fn weight_of(row: u32, column: u32, end: u32) -> f32 {
    if row < end && column < shape.columns {
        return weights[(shape.first_weight + row) * shape.columns + column];
    }
    return 0.0;
}

// The `at`-th four weights of a tile.
fn four_of(at: u32, first_row: u32, first_column: u32, end: u32) -> vec4<f32> {
    let row = first_row + at / Y;
    let column = first_column + 4u * (at % Y);
    return vec4<f32>(
        weight_of(row, column, end),
        weight_of(row, column + 1u, end),
        weight_of(row, column + 2u, end),
        weight_of(row, column + 3u, end),
    );
}

fn keep(span: u32, column: u32, part: u32, sum: vec4<f32>) {
    if column < shape.columns && part < shape.parts {
        sums[(span * shape.columns + column) * shape.parts + part] = sum;
    }
}

@compute @workgroup_size(X * Y)
fn combine(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(local_invocation_index) local: u32,
) {
    let x = local % X;
    let y = local / X;
    let first_part = group.x * 2u * X;
    let first_column = group.y * 4u * Y;
    let start = group.z * shape.span;
    let end = min(start + shape.span, shape.count);
    let second = local + THREADS;

    // s<column><half>: of the rows since the last round number; t<column><half>: of those before.
    var s00 = vec4<f32>();
    var s01 = vec4<f32>();
    var s10 = vec4<f32>();
    var s11 = vec4<f32>();
    var s20 = vec4<f32>();
    var s21 = vec4<f32>();
    var s30 = vec4<f32>();
    var s31 = vec4<f32>();
    var t00 = vec4<f32>();
    var t01 = vec4<f32>();
    var t10 = vec4<f32>();
    var t11 = vec4<f32>();
    var t20 = vec4<f32>();
    var t21 = vec4<f32>();
    var t30 = vec4<f32>();
    var t31 = vec4<f32>();

    var next_a = part_of(local, start, first_part);
    var next_b = vec4<f32>();
    var next_four = vec4<f32>();
    if ROW_PARTS > 1u {
        next_b = part_of(second, start, first_part);
    }
    if local < WEIGHERS {
        next_four = four_of(local, start, first_column, end);
    }
    for (var row = start; row < end; row += DEPTH) {
        workgroupBarrier();
        row_tile[local] = next_a;
        if ROW_PARTS > 1u {
            row_tile[second] = next_b;
        }
        if local < WEIGHERS {
            weight_tile[local] = next_four;
        }
        workgroupBarrier();
        let following = row + DEPTH;
        if following < end {
            next_a = part_of(local, following, first_part);
            if ROW_PARTS > 1u {
                next_b = part_of(second, following, first_part);
            }
            if local < WEIGHERS {
                next_four = four_of(local, following, first_column, end);
            }
        }
        for (var i = 0u; i < DEPTH; i++) {
            let w = weight_tile[i * Y + y];
            let a = row_tile[i * 2u * X + x];
            let b = row_tile[i * 2u * X + X + x];
            s00 = fma(vec4<f32>(w.x), a, s00);
            s01 = fma(vec4<f32>(w.x), b, s01);
            s10 = fma(vec4<f32>(w.y), a, s10);
            s11 = fma(vec4<f32>(w.y), b, s11);
            s20 = fma(vec4<f32>(w.z), a, s20);
            s21 = fma(vec4<f32>(w.z), b, s21);
            s30 = fma(vec4<f32>(w.w), a, s30);
            s31 = fma(vec4<f32>(w.w), b, s31);
        }
        if (following - start) % INNER == 0u || following >= end {
            t00 += s00;
            t01 += s01;
            t10 += s10;
            t11 += s11;
            t20 += s20;
            t21 += s21;
            t30 += s30;
            t31 += s31;
            s00 = vec4<f32>();
            s01 = vec4<f32>();
            s10 = vec4<f32>();
            s11 = vec4<f32>();
            s20 = vec4<f32>();
            s21 = vec4<f32>();
            s30 = vec4<f32>();
            s31 = vec4<f32>();
        }
    }
    let near = first_part + x;
    let far = near + X;
    let column = first_column + 4u * y;
    keep(group.z, column, near, t00);
    keep(group.z, column, far, t01);
    keep(group.z, column + 1u, near, t10);
    keep(group.z, column + 1u, far, t11);
    keep(group.z, column + 2u, near, t20);
    keep(group.z, column + 2u, far, t21);
    keep(group.z, column + 3u, near, t30);
    keep(group.z, column + 3u, far, t31);
}
