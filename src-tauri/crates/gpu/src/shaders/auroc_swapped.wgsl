// Pairs of rows whose sides are swapped in some columns, and scores that are off by less than half a
// margin.

// [column, words]: a bit for each pair, 1 where its sides are swapped.
@group(0) @binding(3) var<storage, read> swaps: array<u32>;

fn place(column: u32, at: u32) -> u32 {
    let pair = at % shape.positives;
    let is_swapped = (swaps[column * shape.words + pair / 32u] >> (pair % 32u)) & 1u;
    return (at + is_swapped * shape.positives) % (2u * shape.positives);
}

// Below the first: negatives that are surely below the score. Below the second: those that may be
// below it, or equal.
fn bounds(score: u32) -> vec2<u32> {
    let value = bitcast<f32>(score);
    let surely = bitcast<u32>(value - shape.margin);
    let maybe = bitcast<u32>(value + shape.margin);
    return vec2<u32>(key(surely), key(maybe) + 1u);
}
