// Sides as they are labelled, and scores as they are.

fn place(_column: u32, at: u32) -> u32 {
    return at;
}

// Below the first: negatives below the score. Below the second: those that are not above it, which are
// those below the next number.
fn bounds(score: u32) -> vec2<u32> {
    return vec2<u32>(key(score), key(score) + 1u);
}
