import { describe, expect, it } from 'vitest';
import { inSight, panelGrid, stepTo } from './grid';

describe('the grid of panels', () => {
  it('has as many columns as there is room for, at least one, and no empty ones', () => {
    expect(panelGrid(33, 1000, 200, 50)).toEqual({ columns: 5, lines: 7, width: 200, height: 200 });
    expect(panelGrid(33, 90, 200, 50).columns).toBe(1);
    expect(panelGrid(2, 1000, 200, 50)).toMatchObject({ columns: 2, lines: 1, width: 400 });
    expect(panelGrid(0, 1000, 200, 50).lines).toBe(0);
  });

  it('makes the panels as large as all of them still fit', () => {
    expect(panelGrid(4, 1000, 200, 50, 800)).toMatchObject({ columns: 2, lines: 2, width: 400 });
    expect(panelGrid(4, 1000, 200, 50, 600)).toMatchObject({ columns: 3, lines: 2, width: 333 });
    expect(panelGrid(33, 1000, 200, 50, 800).columns).toBe(5);
  });

  it('draws the lines in sight and one beyond', () => {
    const grid = panelGrid(33, 1000, 200, 50);
    expect(inSight(grid, 33, 0, 500)).toEqual([0, 20]);
    expect(inSight(grid, 33, 650, 500)).toEqual([10, 33]);
    expect(inSight(grid, 33, 1e6, 500)).toEqual([30, 33]);
  });

  it('is gone through by arrows, staying inside', () => {
    expect(stepTo('ArrowRight', 4, 33, 5)).toBe(5);
    expect(stepTo('ArrowDown', 4, 33, 5)).toBe(9);
    expect(stepTo('ArrowUp', 4, 33, 5)).toBe(4);
    expect(stepTo('ArrowDown', 31, 33, 5)).toBe(31);
    expect(stepTo('End', 4, 33, 5)).toBe(32);
    expect(stepTo('Tab', 4, 33, 5)).toBeNull();
  });
});
