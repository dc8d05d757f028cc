#version 330 core

uniform ivec4 place;  // rows of words: of a frame, before this section, of this section, of all frames

flat out int v_pose;
flat out int v_top;   // the section's first row

void main() {
    v_pose = gl_InstanceID;
    v_top = gl_InstanceID * place.x + place.y;
    int row = v_top + (gl_VertexID >> 1) * place.z;
    gl_Position = vec4(float(gl_VertexID & 1) * 2.0 - 1.0, float(row) / float(place.w) * 2.0 - 1.0, 0.0, 1.0);
}
