// Rows in 32 bits a component, read four at a time.

@group(0) @binding(0) var<storage, read> rows: array<vec4<f32>>;

fn row_part(at: u32) -> vec4<f32> {
    return rows[at];
}
