import { describe, expect, it } from 'vitest';

import { ease, Glide, GLIDE_MS, mixArrays } from './animate';

describe('a glide', () => {
  it('starts at nothing with its first frame, ends exactly and stays there', () => {
    const glide = new Glide();
    expect(glide.settled).toBe(true);
    expect(glide.progress(0)).toBe(1);
    glide.start();
    expect(glide.settled).toBe(false);
    expect(glide.progress(900)).toBe(0);
    glide.frame(1000);
    expect(glide.progress(1000)).toBe(0);
    expect(glide.progress(1000 + GLIDE_MS / 2)).toBeCloseTo(0.5, 9);
    glide.frame(1000 + GLIDE_MS - 1);
    expect(glide.settled).toBe(false);
    glide.frame(1000 + GLIDE_MS);
    expect(glide.progress(1000 + GLIDE_MS)).toBe(1);
    expect(glide.settled).toBe(true);
    expect(glide.progress(1000 + 10 * GLIDE_MS)).toBe(1);
  });

  it('can be begun anew midway and cut short', () => {
    const glide = new Glide();
    glide.start();
    glide.frame(0);
    glide.start();
    expect(glide.progress(200)).toBe(0);
    glide.frame(200);
    expect(glide.progress(200 + GLIDE_MS / 2)).toBeCloseTo(0.5, 9);
    glide.finish();
    expect(glide.progress(201)).toBe(1);
    expect(glide.settled).toBe(true);
  });

  it('never runs backwards', () => {
    const steps = Array.from({ length: 101 }, (_, i) => ease(i / 100));
    expect(steps[0]).toBe(0);
    expect(steps[100]).toBe(1);
    for (let i = 1; i < steps.length; i++) expect(steps[i]!).toBeGreaterThan(steps[i - 1]!);
    // A clock that was set back does not throw the points beyond their start.
    const glide = new Glide();
    glide.start();
    glide.frame(500);
    expect(glide.progress(400)).toBe(0);
  });

  it('continues from where the points are when it is interrupted', () => {
    const a = Float32Array.of(0, 0, 0);
    const b = Float32Array.of(10, -4, 2);
    const c = Float32Array.of(100, 0, 0);
    const midway = mixArrays(a, b, 0.5);
    expect(Array.from(midway)).toEqual([5, -2, 1]);
    expect(Array.from(mixArrays(midway, c, 0))).toEqual([5, -2, 1]);
    expect(mixArrays(midway, c, 1)).toBe(c);
  });

  it('does not mix arrays of different data', () => {
    const to = Float32Array.of(1, 2, 3);
    expect(mixArrays(new Float32Array(6), to, 0.3)).toBe(to);
  });
});
