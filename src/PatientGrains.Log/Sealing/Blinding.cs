using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace PatientGrains.Log;

/// <summary>
/// HMAC-SHA-256 over a domain letter and a text, truncated to its first 128 bits (RFC 2104 section 5 allows half). Written as the two hashes
/// that RFC 2104 section 2 defines, so that the pads are made once; a test holds it against the framework's. Not shown to be faster than that.
/// </summary>
internal sealed class Blinding : IDisposable
{
    private const int Block = 64;
    private const int MostOnStack = 512;

    private readonly byte[] _inner = new byte[Block];
    private readonly byte[] _outer = new byte[Block];

    /// <param name="key">32 bytes; cleared when the pads are made.</param>
    public Blinding(byte[] key)
    {
        for (int i = 0; i < Block; i++)
        {
            byte next = i < key.Length ? key[i] : (byte)0;
            _inner[i] = (byte)(next ^ 0x36);
            _outer[i] = (byte)(next ^ 0x5C);
        }
        CryptographicOperations.ZeroMemory(key);
    }

    public UInt128 Of(char domain, string text)
    {
        int most = Block + 1 + Encoding.UTF8.GetMaxByteCount(text.Length);
        Span<byte> message = most <= MostOnStack ? stackalloc byte[MostOnStack] : new byte[most];
        _inner.CopyTo(message);
        message[Block] = (byte)domain;
        int length = Block + 1 + Encoding.UTF8.GetBytes(text, message[(Block + 1)..]);
        Span<byte> second = stackalloc byte[Block + SHA256.HashSizeInBytes];
        _outer.CopyTo(second);
        SHA256.HashData(message[..length], second[Block..]);
        Span<byte> mac = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(second, mac);
        return BinaryPrimitives.ReadUInt128BigEndian(mac);
    }

    public void Dispose()
    {
        CryptographicOperations.ZeroMemory(_inner);
        CryptographicOperations.ZeroMemory(_outer);
    }
}
