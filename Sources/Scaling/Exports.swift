// What is measured here is handed out in its types.
@_exported import ScalingFormat
