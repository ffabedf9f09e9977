/** A closed range of one axis, in data units. */
export interface Range {
  low: number;
  high: number;
}

/** What a 2-D scatter shows. */
export interface PlaneView {
  x: Range;
  y: Range;
}

/**
 * From where a 3-D scatter is seen (orthographic, angles in radians). Azimuth 0 and elevation 0 is
 * the 2-D picture: first axis to the right, second axis up, third axis towards the reader. Azimuth
 * turns the cloud about the second axis, elevation lifts the eye above the horizon, zoom 1 fits.
 */
export interface OrbitView {
  azimuth: number;
  elevation: number;
  zoom: number;
}

/** Either view; which one it is follows from the fields. */
export type ScatterView = PlaneView | OrbitView;

/** The part of a drawing that holds the data, in CSS pixels from its top left corner. */
export interface Box {
  left: number;
  top: number;
  width: number;
  height: number;
}

/** A position on screen, CSS pixels from the top left corner of the drawing. */
export interface Point {
  x: number;
  y: number;
}

/** Whether a view is that of a 3-D scatter. */
export function isOrbit(view: ScatterView): view is OrbitView {
  return 'azimuth' in view;
}
