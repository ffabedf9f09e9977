// Products of many rows with many directions: a product of matrices, where arithmetic is what takes
// the time. In front of this: X and Y (threads along directions and rows) and DEPTH (parts of four
// components that a tile is deep).
//
// A workgroup computes a tile of 8 Y rows by 8 X directions, a thread 8 by 8 of them in registers: two
// times four rows and two times four directions, so that neighbouring threads read neighbouring
// memory. Components are brought into workgroup memory a tile's depth at a time; those of the next
// tile are on their way while this one is computed. Each score is summed in the order of components.
// The eight by eight is written out, since a loop over an array need not stay in registers.

const THREADS: u32 = X * Y;
const ROWS: u32 = 8u * Y;
const DIRECTIONS: u32 = 8u * X;
// Parts of the rows' tile that a thread brings, one or two, and of the directions', one or none.
const ROW_PARTS: u32 = ROWS * DEPTH / THREADS;
const DIRECTION_PARTS: u32 = DIRECTIONS * DEPTH;

// [component, four rows or directions]
var<workgroup> row_tile: array<vec4<f32>, 2u * Y * 4u * DEPTH>;
var<workgroup> direction_tile: array<vec4<f32>, 2u * X * 4u * DEPTH>;

// Turns one part of one row, the `at`-th of the tile, on its side.
fn put_row(at: u32, values: vec4<f32>) {
    let row = at / DEPTH;
    let place = (at % DEPTH) * 8u * Y + row / 4u;
    let component = row % 4u;
    row_tile[place][component] = values.x;
    row_tile[place + 2u * Y][component] = values.y;
    row_tile[place + 4u * Y][component] = values.z;
    row_tile[place + 6u * Y][component] = values.w;
}

fn put_direction(at: u32, values: vec4<f32>) {
    let direction = at / DEPTH;
    let place = (at % DEPTH) * 8u * X + direction / 4u;
    let component = direction % 4u;
    direction_tile[place][component] = values.x;
    direction_tile[place + 2u * X][component] = values.y;
    direction_tile[place + 4u * X][component] = values.z;
    direction_tile[place + 6u * X][component] = values.w;
}

// Four scores of one row.
fn keep_four(row: u32, direction: u32, scores: vec4<f32>) {
    keep(row, direction, scores.x);
    keep(row, direction + 1u, scores.y);
    keep(row, direction + 2u, scores.z);
    keep(row, direction + 3u, scores.w);
}

@compute @workgroup_size(X * Y)
fn project(
    @builtin(workgroup_id) tile: vec3<u32>,
    @builtin(local_invocation_index) local: u32,
) {
    let x = local % X;
    let y = local / X;
    let first_row = tile.y * ROWS;
    let first_direction = tile.x * DIRECTIONS;
    // Where the parts begin that this thread brings.
    let row_a = row_start(first_row + local / DEPTH) + local % DEPTH;
    let second = local + THREADS;
    let row_b = row_start(first_row + second / DEPTH) + second % DEPTH;
    let direction = direction_start(first_direction + local / DEPTH) + local % DEPTH;
    let brings_direction = local < DIRECTION_PARTS;

    // s<row><direction>: eight rows, the first and the last four directions.
    var s00 = vec4<f32>();
    var s01 = vec4<f32>();
    var s10 = vec4<f32>();
    var s11 = vec4<f32>();
    var s20 = vec4<f32>();
    var s21 = vec4<f32>();
    var s30 = vec4<f32>();
    var s31 = vec4<f32>();
    var s40 = vec4<f32>();
    var s41 = vec4<f32>();
    var s50 = vec4<f32>();
    var s51 = vec4<f32>();
    var s60 = vec4<f32>();
    var s61 = vec4<f32>();
    var s70 = vec4<f32>();
    var s71 = vec4<f32>();

    var next_a = row_part(row_a);
    var next_b = vec4<f32>();
    var next_direction = vec4<f32>();
    if ROW_PARTS > 1u {
        next_b = row_part(row_b);
    }
    if brings_direction {
        next_direction = directions[direction];
    }
    for (var part = 0u; part < shape.parts; part += DEPTH) {
        workgroupBarrier();
        put_row(local, next_a);
        if ROW_PARTS > 1u {
            put_row(second, next_b);
        }
        if brings_direction {
            put_direction(local, next_direction);
        }
        workgroupBarrier();
        let following = part + DEPTH;
        if following < shape.parts {
            next_a = row_part(row_a + following);
            if ROW_PARTS > 1u {
                next_b = row_part(row_b + following);
            }
            if brings_direction {
                next_direction = directions[direction + following];
            }
        }
        for (var component = 0u; component < 4u * DEPTH; component++) {
            let r0 = row_tile[component * 2u * Y + y];
            let r1 = row_tile[component * 2u * Y + Y + y];
            let d0 = direction_tile[component * 2u * X + x];
            let d1 = direction_tile[component * 2u * X + X + x];
            s00 = fma(vec4<f32>(r0.x), d0, s00);
            s01 = fma(vec4<f32>(r0.x), d1, s01);
            s10 = fma(vec4<f32>(r0.y), d0, s10);
            s11 = fma(vec4<f32>(r0.y), d1, s11);
            s20 = fma(vec4<f32>(r0.z), d0, s20);
            s21 = fma(vec4<f32>(r0.z), d1, s21);
            s30 = fma(vec4<f32>(r0.w), d0, s30);
            s31 = fma(vec4<f32>(r0.w), d1, s31);
            s40 = fma(vec4<f32>(r1.x), d0, s40);
            s41 = fma(vec4<f32>(r1.x), d1, s41);
            s50 = fma(vec4<f32>(r1.y), d0, s50);
            s51 = fma(vec4<f32>(r1.y), d1, s51);
            s60 = fma(vec4<f32>(r1.z), d0, s60);
            s61 = fma(vec4<f32>(r1.z), d1, s61);
            s70 = fma(vec4<f32>(r1.w), d0, s70);
            s71 = fma(vec4<f32>(r1.w), d1, s71);
        }
    }
    let row = first_row + 4u * y;
    let far_row = row + 4u * Y;
    let near = first_direction + 4u * x;
    let far = near + 4u * X;
    keep_four(row, near, s00);
    keep_four(row, far, s01);
    keep_four(row + 1u, near, s10);
    keep_four(row + 1u, far, s11);
    keep_four(row + 2u, near, s20);
    keep_four(row + 2u, far, s21);
    keep_four(row + 3u, near, s30);
    keep_four(row + 3u, far, s31);
    keep_four(far_row, near, s40);
    keep_four(far_row, far, s41);
    keep_four(far_row + 1u, near, s50);
    keep_four(far_row + 1u, far, s51);
    keep_four(far_row + 2u, near, s60);
    keep_four(far_row + 2u, far, s61);
    keep_four(far_row + 3u, near, s70);
    keep_four(far_row + 3u, far, s71);
}
