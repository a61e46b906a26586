using System.Buffers;
using System.Collections.Immutable;
using PatientGrains.Core.Screening;

namespace PatientGrains.Core.Record;

/// <summary>
/// Findings as a record holds them: those of most resources are one measured value, which takes 20 bytes instead of 120; others are frames
/// of <see cref="WireCodec"/>. A test notices when <see cref="Measured"/> gets a member that would be lost here.
/// </summary>
internal static class FindingBytes
{
    private const int Frame = 0;
    private const int Value = 1;
    private const int HasFrom = 2;
    private const int IsPreliminary = 4;

    [ThreadStatic]
    private static ArrayBufferWriter<byte>? Scratch;

    /// <returns>Valid until the next call on this thread.</returns>
    public static ReadOnlySpan<byte> Write(ImmutableArray<Finding> findings)
    {
        if (findings.IsEmpty)
            return default;
        var output = Scratch ??= new ArrayBufferWriter<byte>(256);
        output.ResetWrittenCount();
        var to = new CompactWriter(output);
        foreach (var finding in findings)
        {
            if (finding is Measured measured)
            {
                Write(to, measured);
                continue;
            }
            to.Number(Frame);
            var frame = new ArrayBufferWriter<byte>(256);
            WireCodec.Write(frame, finding);
            to.Bytes(frame.WrittenSpan);
        }
        return output.WrittenSpan;
    }

    /// <exception cref="FormatException">The bytes are something else.</exception>
    public static ImmutableArray<Finding> Read(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty)
            return [];
        var findings = ImmutableArray.CreateBuilder<Finding>(1);
        var from = new CompactReader(bytes);
        while (!from.IsAtEnd)
        {
            int kind = from.Int();
            findings.Add(kind == Frame ? WireCodec.Read<Finding>(from.Bytes().ToArray(), out _) : Read(ref from, kind));
        }
        return findings.DrainToImmutable();
    }

    private static void Write(CompactWriter to, Measured measured)
    {
        to.Number(Value | (measured.From is null ? 0 : HasFrom) | (measured.IsPreliminary ? IsPreliminary : 0));
        to.Number((int)measured.Variable);
        Span<int> bits = stackalloc int[4];
        decimal.GetBits(measured.Value, bits);
        // Sign and scale lie in the fourth, the low one is often all there is.
        to.Number(bits[3] >> 16);
        to.Number((uint)bits[0]);
        to.Number((uint)bits[1]);
        to.Number((uint)bits[2]);
        Write(to, measured.At);
        if (measured.From is { } from)
            Write(to, from);
    }

    private static Measured Read(ref CompactReader from, int kind)
    {
        var variable = (Variable)from.Int();
        int scale = (int)from.Number() << 16;
        Span<int> bits = [(int)(uint)from.Number(), (int)(uint)from.Number(), (int)(uint)from.Number(), scale];
        try
        {
            return new Measured
            {
                Variable = variable,
                Value = new decimal(bits),
                At = ReadTime(ref from),
                From = (kind & HasFrom) == 0 ? null : ReadTime(ref from),
                IsPreliminary = (kind & IsPreliminary) != 0,
            };
        }
        catch (ArgumentException broken)
        {
            throw new FormatException("A measured value is not one.", broken);
        }
    }

    private static void Write(CompactWriter to, DateTimeOffset at)
    {
        to.Number(at.Ticks);
        to.Number(at.TotalOffsetMinutes);
    }

    private static DateTimeOffset ReadTime(ref CompactReader from) => new(from.Number(), TimeSpan.FromMinutes((double)from.Number()));
}
