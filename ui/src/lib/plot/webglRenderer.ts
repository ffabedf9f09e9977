import type { Rgb } from './colour';
import { DOT } from './marks';
import { canvasIn, fitCanvas, type Frame, type PointRenderer } from './renderer';
import { DOT_FRAGMENT, DOT_VERTEX, HAIR_FRAGMENT, HAIR_VERTEX, LINK_FRAGMENT, LINK_VERTEX, POINT_FRAGMENT, POINT_VERTEX } from './shaders';

/** From so many rows on, links are hairlines. */
const CROWD = 2000;
/** Orders that stay on the card: all rows, and those drawn while moving. */
const ORDERS = 2;

/** A linked program and where its uniforms are, found once. */
class Program {
  readonly handle: WebGLProgram;
  private readonly places = new Map<string, WebGLUniformLocation | null>();

  constructor(
    private readonly gl: WebGL2RenderingContext,
    vertex: string,
    fragment: string,
  ) {
    const handle = gl.createProgram();
    for (const [kind, text] of [
      [gl.VERTEX_SHADER, vertex],
      [gl.FRAGMENT_SHADER, fragment],
    ] as const) {
      const shader = gl.createShader(kind);
      if (!shader) throw new Error('The graphics driver made no shader.');
      gl.shaderSource(shader, text);
      gl.compileShader(shader);
      gl.attachShader(handle, shader);
      // Marked for deletion now, freed with the program.
      gl.deleteShader(shader);
    }
    gl.linkProgram(handle);
    if (!gl.getProgramParameter(handle, gl.LINK_STATUS)) {
      throw new Error(gl.getProgramInfoLog(handle) ?? 'The graphics driver linked no program.');
    }
    this.handle = handle;
  }

  place(name: string): WebGLUniformLocation | null {
    let place = this.places.get(name);
    if (place === undefined) {
      place = this.gl.getUniformLocation(this.handle, name);
      this.places.set(name, place);
    }
    return place;
  }
}

/** Points and links by WebGL 2: positions stay on the card, a frame sends a few numbers. */
export class WebglRenderer implements PointRenderer {
  readonly kind = 'webgl';
  readonly canvas: HTMLCanvasElement;
  private readonly gl: WebGL2RenderingContext;
  private readonly points: Program;
  private readonly dots: Program;
  private readonly lines: Program;
  private readonly hairs: Program;
  private readonly from: WebGLBuffer;
  private readonly to: WebGLBuffer;
  private readonly marks: WebGLBuffer;
  private readonly orders = new Map<Uint32Array, WebGLBuffer>();
  private readonly pointArray: WebGLVertexArrayObject;
  private readonly lineArray: WebGLVertexArrayObject;
  private rows = 0;

  /**
   * Fails where there is no WebGL 2. `onlost` is called when the context is taken away later.
   */
  constructor(
    host: HTMLElement,
    private readonly onlost: () => void,
  ) {
    this.canvas = canvasIn(host);
    try {
      const gl = this.canvas.getContext('webgl2', { antialias: false, depth: false, powerPreference: 'low-power' });
      if (!gl) throw new Error('There is no WebGL 2 here.');
      this.gl = gl;
      this.points = new Program(gl, POINT_VERTEX, POINT_FRAGMENT);
      this.dots = new Program(gl, DOT_VERTEX, DOT_FRAGMENT);
      this.lines = new Program(gl, LINK_VERTEX, LINK_FRAGMENT);
      this.hairs = new Program(gl, HAIR_VERTEX, HAIR_FRAGMENT);
      this.from = gl.createBuffer();
      this.to = gl.createBuffer();
      this.marks = gl.createBuffer();
      this.pointArray = gl.createVertexArray();
      this.lineArray = gl.createVertexArray();
      this.describePoints();
      this.describeLines();
    } catch (error) {
      this.canvas.remove();
      throw error;
    }
    this.canvas.addEventListener('webglcontextlost', onlost);
  }

  setPositions(from: Float32Array, to: Float32Array): void {
    const gl = this.gl;
    this.rows = to.length / 3;
    gl.bindBuffer(gl.ARRAY_BUFFER, this.from);
    gl.bufferData(gl.ARRAY_BUFFER, from, gl.DYNAMIC_DRAW);
    gl.bindBuffer(gl.ARRAY_BUFFER, this.to);
    gl.bufferData(gl.ARRAY_BUFFER, to, gl.DYNAMIC_DRAW);
  }

  setMarks(marks: Uint8Array): void {
    const gl = this.gl;
    gl.bindBuffer(gl.ARRAY_BUFFER, this.marks);
    gl.bufferData(gl.ARRAY_BUFFER, marks, gl.DYNAMIC_DRAW);
  }

  draw(frame: Frame): void {
    const gl = this.gl;
    fitCanvas(this.canvas, frame);
    gl.viewport(0, 0, this.canvas.width, this.canvas.height);
    gl.disable(gl.SCISSOR_TEST);
    gl.clearColor(0, 0, 0, 0);
    gl.clear(gl.COLOR_BUFFER_BIT);
    gl.enable(gl.SCISSOR_TEST);
    const { box, ratio } = frame;
    const bottom = frame.height - box.top - box.height;
    gl.scissor(
      Math.round(box.left * ratio),
      Math.round(bottom * ratio),
      Math.max(0, Math.round(box.width * ratio)),
      Math.max(0, Math.round(box.height * ratio)),
    );
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
    if (frame.links > 0 && this.rows >= CROWD) this.drawHairs(frame);
    else if (frame.links > 0) this.drawLines(frame);
    this.drawPoints(frame);
    gl.bindVertexArray(null);
  }

  dispose(): void {
    const gl = this.gl;
    this.canvas.removeEventListener('webglcontextlost', this.onlost);
    for (const buffer of [this.from, this.to, this.marks, ...this.orders.values()]) gl.deleteBuffer(buffer);
    gl.deleteVertexArray(this.pointArray);
    gl.deleteVertexArray(this.lineArray);
    for (const program of [this.points, this.dots, this.lines, this.hairs]) gl.deleteProgram(program.handle);
    // Browsers keep only so many contexts; do not wait for the garbage collector.
    gl.getExtension('WEBGL_lose_context')?.loseContext();
    this.canvas.remove();
  }

  private describePoints(): void {
    const gl = this.gl;
    gl.bindVertexArray(this.pointArray);
    this.attribute(0, this.from, 12, 0, 0);
    this.attribute(1, this.to, 12, 0, 0);
    this.markAttribute(2, 4, 0, 0);
    gl.bindVertexArray(null);
  }

  /** A pair is two rows one after the other: 24 bytes of position and 8 of marks per line. */
  private describeLines(): void {
    const gl = this.gl;
    gl.bindVertexArray(this.lineArray);
    this.attribute(0, this.from, 24, 0, 1);
    this.attribute(1, this.to, 24, 0, 1);
    this.attribute(2, this.from, 24, 12, 1);
    this.attribute(3, this.to, 24, 12, 1);
    this.markAttribute(4, 8, 0, 1);
    this.markAttribute(5, 8, 4, 1);
    gl.bindVertexArray(null);
  }

  private attribute(slot: number, buffer: WebGLBuffer, stride: number, offset: number, divisor: number): void {
    const gl = this.gl;
    gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
    gl.enableVertexAttribArray(slot);
    gl.vertexAttribPointer(slot, 3, gl.FLOAT, false, stride, offset);
    gl.vertexAttribDivisor(slot, divisor);
  }

  private markAttribute(slot: number, stride: number, offset: number, divisor: number): void {
    const gl = this.gl;
    gl.bindBuffer(gl.ARRAY_BUFFER, this.marks);
    gl.enableVertexAttribArray(slot);
    gl.vertexAttribIPointer(slot, 4, gl.UNSIGNED_BYTE, stride, offset);
    gl.vertexAttribDivisor(slot, divisor);
  }

  private usePlace(program: Program, frame: Frame): void {
    const gl = this.gl;
    const map = frame.map;
    gl.useProgram(program.handle);
    gl.uniform4fv(program.place('u_across'), map.slice(0, 4));
    gl.uniform4fv(program.place('u_down'), map.slice(4, 8));
    gl.uniform4fv(program.place('u_near'), map.slice(8, 12));
    gl.uniform2f(program.place('u_size'), frame.width, frame.height);
    gl.uniform1f(program.place('u_mix'), frame.mix);
    gl.uniform1f(program.place('u_ratio'), frame.ratio);
    gl.uniform3fv(program.place('u_ink'), unit(frame.ink));
  }

  private drawLines(frame: Frame): void {
    const gl = this.gl;
    this.usePlace(this.lines, frame);
    gl.uniform1f(this.lines.place('u_opacity'), frame.links);
    gl.bindVertexArray(this.lineArray);
    gl.drawArraysInstanced(gl.TRIANGLE_STRIP, 0, 4, Math.floor(this.rows / 2));
  }

  private drawHairs(frame: Frame): void {
    const gl = this.gl;
    this.usePlace(this.hairs, frame);
    gl.uniform1f(this.hairs.place('u_opacity'), frame.links);
    gl.bindVertexArray(this.pointArray);
    gl.drawArrays(gl.LINES, 0, this.rows - (this.rows % 2));
  }

  private drawPoints(frame: Frame): void {
    const gl = this.gl;
    const program = frame.radius < DOT ? this.dots : this.points;
    this.usePlace(program, frame);
    gl.uniform1f(program.place('u_radius'), frame.radius);
    gl.uniform3fv(program.place('u_paper'), unit(frame.paper));
    gl.bindVertexArray(this.pointArray);
    this.bindOrder(frame.order);
    gl.drawElements(gl.POINTS, frame.order.length, gl.UNSIGNED_INT, 0);
  }

  /** An order goes to the card once; the least recently drawn one makes room. */
  private bindOrder(order: Uint32Array): void {
    const gl = this.gl;
    const known = this.orders.get(order);
    if (known) {
      this.orders.delete(order);
      this.orders.set(order, known);
      gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, known);
      return;
    }
    const [oldest] = this.orders;
    const full = this.orders.size >= ORDERS && oldest;
    const buffer = full ? oldest[1] : gl.createBuffer();
    if (full) this.orders.delete(oldest[0]);
    this.orders.set(order, buffer);
    gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, buffer);
    gl.bufferData(gl.ELEMENT_ARRAY_BUFFER, order, gl.DYNAMIC_DRAW);
  }
}

function unit(colour: Rgb): [number, number, number] {
  return [colour[0] / 255, colour[1] / 255, colour[2] / 255];
}
