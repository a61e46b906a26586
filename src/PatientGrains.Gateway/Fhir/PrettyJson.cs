using System.Buffers;

namespace PatientGrains.Gateway.Fhir;

/// <summary><c>_pretty=true</c> (R4 3.1.0.1.8): adds line breaks and indents, and changes no byte of any name or value.</summary>
internal static class PrettyJson
{
    /// <param name="json">Well-formed JSON.</param>
    public static ReadOnlyMemory<byte> Of(ReadOnlyMemory<byte> json)
    {
        var to = new ArrayBufferWriter<byte>(json.Length * 2);
        int depth = 0;
        bool isInText = false;
        var bytes = json.Span;
        for (int i = 0; i < bytes.Length; i++)
        {
            byte next = bytes[i];
            if (isInText)
            {
                Put(to, next);
                if (next == (byte)'\\' && i + 1 < bytes.Length)
                    Put(to, bytes[++i]);
                else if (next == (byte)'"')
                    isInText = false;
                continue;
            }
            switch (next)
            {
                case (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n':
                    break;
                case (byte)'"':
                    isInText = true;
                    Put(to, next);
                    break;
                case (byte)'{' or (byte)'[':
                    Put(to, next);
                    Break(to, ++depth);
                    break;
                case (byte)'}' or (byte)']':
                    Break(to, --depth);
                    Put(to, next);
                    break;
                case (byte)',':
                    Put(to, next);
                    Break(to, depth);
                    break;
                case (byte)':':
                    to.Write(": "u8);
                    break;
                default:
                    Put(to, next);
                    break;
            }
        }
        return to.WrittenMemory;
    }

    private static void Put(ArrayBufferWriter<byte> to, byte one)
    {
        to.GetSpan(1)[0] = one;
        to.Advance(1);
    }

    private static void Break(ArrayBufferWriter<byte> to, int depth)
    {
        Put(to, (byte)'\n');
        for (int i = 0; i < depth; i++)
            to.Write("  "u8);
    }
}
