// As many multiplications and additions as a device does when nothing else is to be done: what other
// shaders are measured against. 64 of them for each of `rounds`, in every thread.

struct Shape {
    rounds: u32,
}

@group(0) @binding(0) var<storage, read_write> kept: array<f32>;
@group(0) @binding(1) var<uniform> shape: Shape;

@compute @workgroup_size(256)
fn ceiling(@builtin(global_invocation_id) id: vec3<u32>) {
    let start = f32(id.x % 7u) * 0.125;
    let factor = vec4<f32>(0.5, 0.25, 0.125, 0.0625);
    var a = vec4<f32>(start);
    var b = a + 1.0;
    var c = a + 2.0;
    var d = a + 3.0;
    var e = a + 4.0;
    var f = a + 5.0;
    var g = a + 6.0;
    var h = a + 7.0;
    for (var round = 0u; round < shape.rounds; round++) {
        a = fma(a, factor, factor);
        b = fma(b, factor, factor);
        c = fma(c, factor, factor);
        d = fma(d, factor, factor);
        e = fma(e, factor, factor);
        f = fma(f, factor, factor);
        g = fma(g, factor, factor);
        h = fma(h, factor, factor);
        a = fma(a, factor, factor);
        b = fma(b, factor, factor);
        c = fma(c, factor, factor);
        d = fma(d, factor, factor);
        e = fma(e, factor, factor);
        f = fma(f, factor, factor);
        g = fma(g, factor, factor);
        h = fma(h, factor, factor);
    }
    let sum = ((a + b) + (c + d)) + ((e + f) + (g + h));
    // Never the case, which only we know.
    if sum.x == 12345.0 {
        kept[id.x % 64u] = sum.x + sum.y + sum.z + sum.w;
    }
}
