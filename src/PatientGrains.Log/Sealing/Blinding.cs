using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace PatientGrains.Log;

/// <summary>HMAC-SHA-256 over a domain letter and a text, truncated to its first 128 bits (RFC 2104 section 5 allows half).</summary>
internal sealed class Blinding(byte[] key) : IDisposable
{
    private const int MostOnStack = 512;

    public UInt128 Of(char domain, string text)
    {
        int most = 1 + Encoding.UTF8.GetMaxByteCount(text.Length);
        Span<byte> message = most <= MostOnStack ? stackalloc byte[MostOnStack] : new byte[most];
        message[0] = (byte)domain;
        int length = 1 + Encoding.UTF8.GetBytes(text, message[1..]);
        Span<byte> mac = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(key, message[..length], mac);
        return BinaryPrimitives.ReadUInt128BigEndian(mac);
    }

    public void Dispose() => CryptographicOperations.ZeroMemory(key);
}
