using System.Buffers;
using System.Text;

namespace PatientGrains.Fhir.Scan;

/// <summary>The inside of JSON strings: escapes resolved and written.</summary>
internal static class JsonText
{
    /// <summary>The text of the bytes between two quotes, which were found well-formed before.</summary>
    public static string ToText(ReadOnlySpan<byte> raw)
    {
        if (raw.IndexOf((byte)'\\') < 0)
            return Encoding.UTF8.GetString(raw);
        var buffer = ArrayPool<byte>.Shared.Rent(raw.Length);
        string text = Encoding.UTF8.GetString(buffer, 0, Unescape(raw, buffer));
        ArrayPool<byte>.Shared.Return(buffer);
        return text;
    }

    /// <summary>Resolves escapes; <paramref name="to"/> must be as long as <paramref name="raw"/>, since no escape is shorter than what it
    /// stands for. Returns the bytes written.</summary>
    public static int Unescape(ReadOnlySpan<byte> raw, Span<byte> to)
    {
        int written = 0;
        for (int at = 0; at < raw.Length;)
        {
            if (raw[at] != '\\')
            {
                to[written++] = raw[at++];
                continue;
            }
            byte escape = raw[at + 1];
            at += 2;
            if (escape == 'u')
            {
                int rune = Hex4(raw[at..]);
                at += 4;
                if ((rune & 0xFC00) == 0xD800)
                {
                    rune = 0x10000 + ((rune & 0x3FF) << 10) + (Hex4(raw[(at + 2)..]) & 0x3FF);
                    at += 6;
                }
                written += new Rune(rune).EncodeToUtf8(to[written..]);
                continue;
            }
            to[written++] = escape switch
            {
                (byte)'n' => (byte)'\n',
                (byte)'t' => (byte)'\t',
                (byte)'r' => (byte)'\r',
                (byte)'b' => 8,
                (byte)'f' => 12,
                _ => escape,
            };
        }
        return written;
    }

    /// <summary>Four hex digits, or -1.</summary>
    public static int Hex4(ReadOnlySpan<byte> digits)
    {
        if (digits.Length < 4)
            return -1;
        int value = 0;
        for (int i = 0; i < 4; i++)
        {
            int digit = digits[i] switch
            {
                >= (byte)'0' and <= (byte)'9' => digits[i] - '0',
                >= (byte)'a' and <= (byte)'f' => digits[i] - 'a' + 10,
                >= (byte)'A' and <= (byte)'F' => digits[i] - 'A' + 10,
                _ => -1,
            };
            if (digit < 0)
                return -1;
            value = (value << 4) | digit;
        }
        return value;
    }
}
