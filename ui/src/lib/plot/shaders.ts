/** Data to clip space, shared by points and links; sizes are in CSS pixels throughout. */
const PLACE = `
uniform vec4 u_across;   // row of the affine map: CSS pixels to the right
uniform vec4 u_down;     // CSS pixels down
uniform vec4 u_near;     // -1 far to 1 near
uniform vec2 u_size;     // of the drawing
uniform float u_mix;
vec3 place(vec3 from, vec3 to) {
  vec4 p = vec4(mix(from, to, u_mix), 1.0);
  return vec3(dot(u_across, p), dot(u_down, p), dot(u_near, p));
}
vec4 clip(vec2 pixel) {
  return vec4(pixel.x / u_size.x * 2.0 - 1.0, 1.0 - pixel.y / u_size.y * 2.0, 0.0, 1.0);
}`;

export const POINT_VERTEX = `#version 300 es
layout(location = 0) in vec3 a_from;
layout(location = 1) in vec3 a_to;
layout(location = 2) in uvec4 a_mark;
uniform float u_radius;
uniform float u_ratio;
flat out vec3 v_colour;
flat out uint v_bits;
flat out float v_radius;
flat out float v_side;
flat out float v_near;
${PLACE}
void main() {
  vec3 at = place(a_from, a_to);
  gl_Position = clip(at.xy);
  v_near = at.z;
  // Nearer points are a little larger.
  v_radius = u_radius * (1.0 + 0.22 * at.z);
  // No larger than what is drawn, ring and soft edge included: in software every fragment counts.
  bool diamond = (a_mark.a & 1u) != 0u;
  bool selected = (a_mark.a & 8u) != 0u;
  float edge = selected ? 1.4 : 0.7;
  v_side = 2.0 * (diamond ? 1.2533 * v_radius + 1.4142 * edge + 0.6 : v_radius + edge + 0.6);
  gl_PointSize = v_side * u_ratio;
  v_colour = vec3(a_mark.rgb) / 255.0;
  v_bits = a_mark.a;
}`;

/**
 * Signed distance to the outline, then bands: fill, an edge in paper colour that keeps neighbours
 * apart, and for selected points a ring in ink. The diamond has the area of the circle.
 */
export const POINT_FRAGMENT = `#version 300 es
precision highp float;
flat in vec3 v_colour;
flat in uint v_bits;
flat in float v_radius;
flat in float v_side;
flat in float v_near;
uniform vec3 u_ink;
uniform vec3 u_paper;
uniform float u_ratio;
out vec4 o_colour;
void main() {
  vec2 p = (gl_PointCoord - 0.5) * v_side;
  bool diamond = (v_bits & 1u) != 0u;
  bool hollow = (v_bits & 2u) != 0u;
  bool dimmed = (v_bits & 4u) != 0u;
  bool selected = (v_bits & 8u) != 0u;
  float d = diamond
    ? (abs(p.x) + abs(p.y) - 1.2533 * v_radius) * 0.70711
    : length(p) - v_radius;
  float soft = 0.5 / u_ratio;
  vec3 colour = mix(u_paper, v_colour, 1.0 - 0.3 * clamp(-v_near, 0.0, 1.0));
  float edge = selected ? 1.4 : 0.7;
  vec3 edgeColour = selected ? u_ink : u_paper;
  float body = 1.0 - smoothstep(-soft, soft, d);
  float whole = 1.0 - smoothstep(-soft, soft, d - edge);
  float inner = hollow ? 1.0 - smoothstep(-soft, soft, d + min(1.7, 0.45 * v_radius)) : 0.0;
  vec3 fill = mix(colour, u_paper, inner);
  float fillAlpha = mix(0.92, 0.6, inner);
  float edgeAlpha = selected ? 1.0 : 0.75;
  vec4 over = vec4(mix(edgeColour, fill, body), mix(edgeAlpha, fillAlpha, body) * whole);
  if (dimmed) over.a *= 0.22;
  if (over.a < 0.004) discard;
  o_colour = vec4(over.rgb * over.a, over.a);
}`;

/** One quad per pair, so that thin lines are smooth everywhere and not only where MSAA is. */
export const LINK_VERTEX = `#version 300 es
layout(location = 0) in vec3 a_from0;
layout(location = 1) in vec3 a_to0;
layout(location = 2) in vec3 a_from1;
layout(location = 3) in vec3 a_to1;
layout(location = 4) in uvec4 a_mark0;
layout(location = 5) in uvec4 a_mark1;
out float v_across;
flat out float v_alpha;
${PLACE}
uniform float u_ratio;
void main() {
  // Half a pixel of line and half a device pixel for the soft edge: no wasted fragments.
  float reach = 0.5 + 0.5 / u_ratio;
  vec2 a = place(a_from0, a_to0).xy;
  vec2 b = place(a_from1, a_to1).xy;
  vec2 along = b - a;
  float size = length(along);
  vec2 normal = size > 0.0 ? vec2(-along.y, along.x) / size : vec2(0.0);
  float side = (gl_VertexID & 1) == 0 ? -1.0 : 1.0;
  vec2 end = gl_VertexID < 2 ? a : b;
  v_across = side * reach;
  v_alpha = (a_mark0.a & a_mark1.a & 4u) != 0u ? 0.3 : 1.0;
  gl_Position = clip(end + normal * side * reach);
}`;

export const LINK_FRAGMENT = `#version 300 es
precision highp float;
in float v_across;
flat in float v_alpha;
uniform vec3 u_ink;
uniform float u_opacity;
uniform float u_ratio;
out vec4 o_colour;
void main() {
  float soft = 0.5 / u_ratio;
  float cover = 1.0 - smoothstep(0.5 - soft, 0.5 + soft, abs(v_across));
  float alpha = cover * u_opacity * v_alpha;
  o_colour = vec4(u_ink * alpha, alpha);
}`;

/**
 * Bare one-pixel lines between rows 2i and 2i + 1, for crowds: so faint there that no step shows, and
 * several times cheaper where there is no graphics card.
 */
export const HAIR_VERTEX = `#version 300 es
layout(location = 0) in vec3 a_from;
layout(location = 1) in vec3 a_to;
layout(location = 2) in uvec4 a_mark;
out float v_alpha;
${PLACE}
void main() {
  v_alpha = (a_mark.a & 4u) != 0u ? 0.3 : 1.0;
  gl_Position = clip(place(a_from, a_to).xy);
}`;

export const HAIR_FRAGMENT = `#version 300 es
precision mediump float;
in float v_alpha;
uniform vec3 u_ink;
uniform float u_opacity;
out vec4 o_colour;
void main() {
  float alpha = u_opacity * v_alpha;
  o_colour = vec4(u_ink * alpha, alpha);
}`;

/**
 * Crowds of points so small that no shape shows: bare squares of a few pixels. Where there is no
 * graphics card, this is what makes a hundred thousand of them move.
 */
export const DOT_VERTEX = `#version 300 es
layout(location = 0) in vec3 a_from;
layout(location = 1) in vec3 a_to;
layout(location = 2) in uvec4 a_mark;
uniform float u_radius;
uniform float u_ratio;
uniform vec3 u_paper;
flat out vec4 v_colour;
${PLACE}
void main() {
  vec3 at = place(a_from, a_to);
  gl_Position = clip(at.xy);
  bool selected = (a_mark.a & 8u) != 0u;
  gl_PointSize = max(1.0, 2.0 * u_radius * u_ratio * (1.0 + 0.22 * at.z) + (selected ? u_ratio : 0.0));
  float alpha = (a_mark.a & 4u) != 0u ? 0.18 : 0.8;
  vec3 colour = mix(vec3(a_mark.rgb) / 255.0, u_paper, 0.3 * clamp(-at.z, 0.0, 1.0));
  // Held-out points cannot be hollow here; they are paler.
  if ((a_mark.a & 2u) != 0u) colour = mix(colour, u_paper, 0.45);
  v_colour = vec4(colour * alpha, alpha);
}`;

export const DOT_FRAGMENT = `#version 300 es
precision mediump float;
flat in vec4 v_colour;
out vec4 o_colour;
void main() {
  o_colour = v_colour;
}`;
