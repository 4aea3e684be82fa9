"""A flat map around one point, in metres, in which a hospital's walls can be measured.

Azimuthal equidistant on the ellipsoid of WGS-84, by way of the tangent plane: degrees become
earth-centred coordinates, these east, north and up at the centre, and the distance from the centre
is stretched from the plane back to the arc. Within 25 km of the centre a distance of up to 2 km
agrees with the geodesic to centimetres. The same ellipsoid serves GCJ-02 and BD-09: their degrees
mean no others.
"""

import math
from dataclasses import dataclass

import numpy as np
from geopy.distance import geodesic
from numpy.typing import NDArray

_AXIS_M = 6378137.0
_FLATTENING = 1 / 298.257223563
_E2 = _FLATTENING * (2 - _FLATTENING)

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Plane:
    """The flat map around this point, degrees."""

    latitude: float
    longitude: float

    def project(self, lon_lat: Floats) -> Floats:
        """(n, 2) float64 longitude, latitude in degrees → (n, 2) metres east, north.

        Meant for points within some 100 km; a point at the antipodes has no place on the map.
        """
        east, north, up = self._local(lon_lat)
        flat = np.hypot(east, north)
        radius = self._radius_m()
        arc = radius * np.arctan2(flat, radius + up)
        stretch = np.divide(arc, flat, out=np.ones_like(arc), where=flat > 0)
        return np.column_stack([east * stretch, north * stretch])

    def lift(self, metres: Floats) -> Floats:
        """(n, 2) metres east, north → (n, 2) float64 longitude, latitude in degrees.

        The other way round of `project`, to a hundredth of a millimetre within 100 km of the
        centre. Both sides are of one datum: it is the map that is undone, never a shift.
        """
        here = np.array([[self.longitude, self.latitude]])
        radius = self._radius_m()
        per_degree = np.radians([radius * max(1e-6, math.cos(math.radians(self.latitude))), radius])
        lon_lat = here + metres / per_degree
        for _ in range(6):
            lon_lat = lon_lat + (metres - self.project(lon_lat)) / per_degree
        return lon_lat

    def _local(self, lon_lat: Floats) -> Floats:
        here = np.array([[self.longitude, self.latitude]])
        return self._axes() @ (earth_centred(lon_lat) - earth_centred(here)).T

    def _axes(self) -> Floats:
        phi, lam = math.radians(self.latitude), math.radians(self.longitude)
        sin_phi, cos_phi, sin_lam, cos_lam = *_sin_cos(phi), *_sin_cos(lam)
        return np.array(
            [
                [-sin_lam, cos_lam, 0.0],
                [-sin_phi * cos_lam, -sin_phi * sin_lam, cos_phi],
                [cos_phi * cos_lam, cos_phi * sin_lam, sin_phi],
            ]
        )

    def _radius_m(self) -> float:
        # Gauss's radius of curvature: the geometric mean of the two principal ones.
        sine2 = math.sin(math.radians(self.latitude)) ** 2
        return _AXIS_M * math.sqrt(1 - _E2) / (1 - _E2 * sine2)


def earth_centred(lon_lat: Floats) -> Floats:
    """(n, 2) float64 longitude, latitude in degrees → (n, 3) metres from the earth's centre."""
    lam, phi = np.radians(lon_lat).T
    normal = _AXIS_M / np.sqrt(1 - _E2 * np.sin(phi) ** 2)
    out = normal * np.cos(phi)
    return np.column_stack([out * np.cos(lam), out * np.sin(lam), normal * (1 - _E2) * np.sin(phi)])


def geodesic_m(
    latitude: float, longitude: float, other_latitude: float, other_longitude: float
) -> float:
    """Metres between two points in degrees along the ellipsoid of WGS-84 (Karney 2013)."""
    return float(geodesic((latitude, longitude), (other_latitude, other_longitude)).meters)


def _sin_cos(angle: float) -> tuple[float, float]:
    return math.sin(angle), math.cos(angle)
