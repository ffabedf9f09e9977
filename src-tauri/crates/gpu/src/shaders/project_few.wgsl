// Products of many rows with up to eight directions: each row is read once, and reading is what takes
// the time. In front of this: DIRECTIONS (1, 2, 4 or 8).
//
// A team of 32 threads takes four rows, each thread every 32nd part of them, so that neighbouring
// threads read neighbouring memory and a part of a direction serves four rows. The team's sums are
// added up in one fixed order.

const TEAM: u32 = 32u;
const TEAMS: u32 = 8u;
const ROWS: u32 = 4u;

var<workgroup> sums: array<vec4<f32>, TEAM * TEAMS>;

// Products of a part of four rows with a part of a direction.
fn products(r0: vec4<f32>, r1: vec4<f32>, r2: vec4<f32>, r3: vec4<f32>, at: u32) -> vec4<f32> {
    let d = directions[at];
    return vec4<f32>(dot(r0, d), dot(r1, d), dot(r2, d), dot(r3, d));
}

// Adds up a team's sums for one direction, and keeps them.
fn finish(local: u32, row: u32, direction: u32, sum: vec4<f32>) {
    let lane = local % TEAM;
    sums[local] = sum;
    workgroupBarrier();
    if lane < 4u {
        sums[local] = ((sums[local] + sums[local + 4u]) + (sums[local + 8u] + sums[local + 12u]))
            + ((sums[local + 16u] + sums[local + 20u]) + (sums[local + 24u] + sums[local + 28u]));
    }
    workgroupBarrier();
    if lane == 0u {
        let total = (sums[local] + sums[local + 1u]) + (sums[local + 2u] + sums[local + 3u]);
        keep(row, direction, total.x);
        keep(row + 1u, direction, total.y);
        keep(row + 2u, direction, total.z);
        keep(row + 3u, direction, total.w);
    }
    workgroupBarrier();
}

@compute @workgroup_size(256)
fn project(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(local_invocation_index) local: u32,
) {
    let row = (group.x * TEAMS + local / TEAM) * ROWS;
    let r0 = row_start(row);
    let r1 = row_start(row + 1u);
    let r2 = row_start(row + 2u);
    let r3 = row_start(row + 3u);
    // Directions beyond DIRECTIONS stay unread: the conditions are constants.
    let d0 = direction_start(0u);
    let d1 = direction_start(1u);
    let d2 = direction_start(2u);
    let d3 = direction_start(3u);
    let d4 = direction_start(4u);
    let d5 = direction_start(5u);
    let d6 = direction_start(6u);
    let d7 = direction_start(7u);
    var s0 = vec4<f32>();
    var s1 = vec4<f32>();
    var s2 = vec4<f32>();
    var s3 = vec4<f32>();
    var s4 = vec4<f32>();
    var s5 = vec4<f32>();
    var s6 = vec4<f32>();
    var s7 = vec4<f32>();
    for (var part = local % TEAM; part < shape.parts; part += TEAM) {
        let x0 = row_part(r0 + part);
        let x1 = row_part(r1 + part);
        let x2 = row_part(r2 + part);
        let x3 = row_part(r3 + part);
        s0 += products(x0, x1, x2, x3, d0 + part);
        if DIRECTIONS > 1u {
            s1 += products(x0, x1, x2, x3, d1 + part);
        }
        if DIRECTIONS > 2u {
            s2 += products(x0, x1, x2, x3, d2 + part);
            s3 += products(x0, x1, x2, x3, d3 + part);
        }
        if DIRECTIONS > 4u {
            s4 += products(x0, x1, x2, x3, d4 + part);
            s5 += products(x0, x1, x2, x3, d5 + part);
            s6 += products(x0, x1, x2, x3, d6 + part);
            s7 += products(x0, x1, x2, x3, d7 + part);
        }
    }
    finish(local, row, 0u, s0);
    if DIRECTIONS > 1u {
        finish(local, row, 1u, s1);
    }
    if DIRECTIONS > 2u {
        finish(local, row, 2u, s2);
        finish(local, row, 3u, s3);
    }
    if DIRECTIONS > 4u {
        finish(local, row, 4u, s4);
        finish(local, row, 5u, s5);
        finish(local, row, 6u, s6);
        finish(local, row, 7u, s7);
    }
}
