import { describe, expect, it } from 'vitest';
import { binned } from './binned';
import { Pace, thin } from './lod';
import { DIMMED } from './marks';

const order = Uint32Array.from({ length: 40_000 }, (_, i) => i);

describe('thinning', () => {
  it('takes about the share asked for, evenly over even and odd rows', () => {
    const some = thin(order, 0.25);
    expect(some.length / order.length).toBeCloseTo(0.25, 2);
    expect(some.filter((row) => row % 2 === 0).length / some.length).toBeCloseTo(0.5, 1);
  });

  it('takes the same rows in any order, in that order, and with less share some of them', () => {
    const some = thin(order, 0.25);
    expect([...thin(order.slice().reverse(), 0.25)]).toEqual([...some].reverse());
    const all = new Set(some);
    expect([...thin(order, 0.125)].every((row) => all.has(row))).toBe(true);
  });
});

describe('the pace', () => {
  it('halves what is drawn when frames keep being slow, and tries more only with the next movement', () => {
    const pace = new Pace();
    for (const took of [16, 100, 16, 100, 16]) pace.frame(took);
    expect(pace.share).toBe(1);
    for (const took of [100, 100, 16, 90, 90]) pace.frame(took);
    expect(pace.share).toBe(0.25);
    for (let i = 0; i < 100; i++) pace.frame(5);
    expect(pace.share).toBe(0.25);
    pace.again();
    expect(pace.share).toBe(0.5);
    for (let i = 0; i < 5; i++) pace.again();
    expect(pace.share).toBe(1);
    const canvas = new Pace(0.2);
    canvas.again();
    expect(canvas.share).toBe(0.2);
  });

  it('takes a window that was hidden for no sign, and has an end', () => {
    const pace = new Pace();
    pace.frame(60_000);
    pace.frame(60_000);
    expect(pace.share).toBe(1);
    const few = new Pace(0.5, 0.2);
    for (let i = 0; i < 200; i++) few.frame(500);
    expect(few.share).toBe(0.2);
    const fewer = new Pace(0.1, 0.2);
    for (let i = 0; i < 200; i++) fewer.frame(500);
    expect(fewer.share).toBe(0.1);
    expect(new Pace(3).share).toBe(1);
  });
});

describe('points as cells of the screen', () => {
  const box = { left: 10, top: 20, width: 8, height: 4 };
  const map = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0];
  const look = (positions: number[], marks: number[]) =>
    binned(map, box, Float32Array.from(positions), Uint8Array.from(marks), Uint32Array.from({ length: positions.length / 3 }, (_, i) => i));

  it('have the mean colour of their points and an opacity that grows with them', () => {
    const { pixels, columns, lines, cell } = look([11, 21, 0, 11.5, 21.5, 0, 17, 23, 0], [200, 0, 0, 0, 0, 100, 50, 0, 9, 9, 9, 0]);
    expect([columns, lines, cell]).toEqual([4, 2, 2]);
    expect([...pixels.subarray(0, 3)]).toEqual([100, 50, 25]);
    expect([...pixels.subarray(28, 31)]).toEqual([9, 9, 9]);
    expect(pixels[3]).toBeGreaterThan(pixels[31]!);
    expect(pixels[31]).toBeGreaterThan(0);
    expect([...pixels.subarray(4, 8)]).toEqual([0, 0, 0, 0]);
  });

  it('leave out what is outside or nowhere, and let dimmed points count for little', () => {
    const { pixels } = look([9, 21, 0, NaN, 21, 0, 11, 30, 0], new Array<number>(12).fill(80));
    expect(pixels.every((value) => value === 0)).toBe(true);
    const mixed = look([11, 21, 0, 11, 21, 0], [200, 0, 0, 0, 0, 0, 200, DIMMED]);
    expect(mixed.pixels[0]).toBeGreaterThan(170);
  });
});
