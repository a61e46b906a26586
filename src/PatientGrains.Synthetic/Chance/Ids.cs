using System.Buffers.Binary;

namespace PatientGrains.Synthetic.Chance;

/// <summary>
/// Ids without state: the id of entry n of patient i follows from (seed, space, i, n) alone. Version 4 UUIDs (RFC 9562, the successor of
/// RFC 4122, section 5.4) whose 122 bits come from SplitMix64's mixing function instead of a clock or a device.
/// </summary>
internal static class Ids
{
    private const ulong IdentifierSalt = 0x5851F42D4C957F2D;

    public static Guid Of(ulong seed, ulong space, ulong index, int ordinal)
    {
        var key = Rng.Mix(Rng.Mix(Rng.Mix(seed ^ IdentifierSalt) + space) + index) + (ulong)ordinal * Rng.SplitMixGamma;
        var high = Rng.Mix(key);
        var low = Rng.Mix(high ^ Rng.Mix(key + 0x8CB92BA72F3D8DD7));
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, (high & 0xFFFFFFFFFFFF0FFF) | 0x4000);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[8..], (low & 0x3FFFFFFFFFFFFFFF) | 0x8000000000000000);
        return new Guid(bytes, bigEndian: true);
    }
}
