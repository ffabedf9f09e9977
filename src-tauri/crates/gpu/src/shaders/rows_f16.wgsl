// Rows in 16 bits a component, read four at a time. Widening is exact and needs no feature.

@group(0) @binding(0) var<storage, read> rows: array<vec2<u32>>;

fn row_part(at: u32) -> vec4<f32> {
    let packed = rows[at];
    return vec4<f32>(unpack2x16float(packed.x), unpack2x16float(packed.y));
}
