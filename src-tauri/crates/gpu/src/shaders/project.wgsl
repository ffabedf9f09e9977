// scores[n, k] = rows[n, :] . directions[k, :], all f32 and row-major. Twin: cpu::project.
//
// A workgroup computes a tile of 16 rows by 16 directions. Sixteen components at a time are brought
// into workgroup memory, so that each is read from the buffers once per tile and not sixteen times.

struct Shape {
    rows: u32,
    directions: u32,
    width: u32,
}

const TILE: u32 = 16u;

@group(0) @binding(0) var<storage, read> rows: array<f32>;
@group(0) @binding(1) var<storage, read> directions: array<f32>;
@group(0) @binding(2) var<storage, read_write> scores: array<f32>;
@group(0) @binding(3) var<uniform> shape: Shape;

var<workgroup> row_tile: array<array<f32, TILE>, TILE>;
var<workgroup> direction_tile: array<array<f32, TILE>, TILE>;

// The value at (line, column) of a row-major matrix, or 0 outside of it.
fn row_at(line: u32, column: u32) -> f32 {
    if line < shape.rows && column < shape.width {
        return rows[line * shape.width + column];
    }
    return 0.0;
}

fn direction_at(line: u32, column: u32) -> f32 {
    if line < shape.directions && column < shape.width {
        return directions[line * shape.width + column];
    }
    return 0.0;
}

@compute @workgroup_size(16, 16)
fn project(
    @builtin(workgroup_id) tile: vec3<u32>,
    @builtin(local_invocation_id) local: vec3<u32>,
) {
    let row = tile.y * TILE + local.y;
    let direction = tile.x * TILE + local.x;
    var score = 0.0;
    for (var start = 0u; start < shape.width; start += TILE) {
        row_tile[local.y][local.x] = row_at(row, start + local.x);
        direction_tile[local.y][local.x] = direction_at(tile.x * TILE + local.y, start + local.x);
        workgroupBarrier();
        var part = 0.0;
        for (var i = 0u; i < TILE; i++) {
            part += row_tile[local.y][i] * direction_tile[local.x][i];
        }
        score += part;
        workgroupBarrier();
    }
    if row < shape.rows && direction < shape.directions {
        scores[row * shape.directions + direction] = score;
    }
}
