using System.Buffers;
using System.Buffers.Binary;

namespace PatientGrains.Core.Search;

/// <summary>What kind of value a search term carries; the numbers are part of the stored format and never change.</summary>
public enum TermKind : byte
{
    /// <summary>A code, Coding, CodeableConcept, Identifier, boolean, ContactPoint: system and code, either may be empty.</summary>
    Token = 1,
    /// <summary>A date, dateTime, instant, Period or Timing as the half-open interval of UTC ticks that it covers.</summary>
    Date = 2,
    /// <summary>A Quantity: the decimal as it was written, its system and its code (the unit where there is no code).</summary>
    Quantity = 3,
    /// <summary>A literal reference as stored: <c>Type/id</c>, an absolute URL, or <c>#contained</c>.</summary>
    Reference = 4,
    /// <summary>Text as it was written; comparing folds case and accents.</summary>
    String = 5,
    /// <summary>A uri, url, oid, uuid or canonical as it was written.</summary>
    Uri = 6,
    /// <summary>A decimal or integer as it was written.</summary>
    Number = 7,
}

/// <summary>
/// One search term as it lies in a <see cref="TermList"/>: the name of the search parameter (R4 3.1.1) and the value, all UTF-8.
/// <see cref="First"/> and <see cref="Second"/> mean system and code (Token), nothing (Date), system and code (Quantity), or text and
/// nothing (the others).
/// </summary>
public readonly ref struct Term
{
    public required TermKind Kind { get; init; }
    public required ReadOnlySpan<byte> Param { get; init; }
    public ReadOnlySpan<byte> First { get; init; }
    public ReadOnlySpan<byte> Second { get; init; }
    /// <summary>The decimal of a Quantity as it was written, precision kept.</summary>
    public ReadOnlySpan<byte> Decimal { get; init; }
    /// <summary>First UTC tick (100 ns since 0001-01-01) that a Date covers; <see cref="long.MinValue"/> when the start is open.</summary>
    public long FromTicks { get; init; }
    /// <summary>First UTC tick after what a Date covers; <see cref="long.MaxValue"/> when the end is open.</summary>
    public long UntilTicks { get; init; }
}

/// <summary>
/// The search terms of one version of one resource, extracted by the gateway and stored with the event, so that neither Core nor a grain
/// ever parses FHIR.
/// Immutable; a flat list of kind, name and value in one buffer, because a record holds thousands of them in memory.
/// </summary>
public readonly struct TermList(ReadOnlyMemory<byte> bytes)
{
    /// <summary>The stored form. Written by <see cref="TermWriter"/> only.</summary>
    public ReadOnlyMemory<byte> Bytes { get; } = bytes;

    public Enumerator GetEnumerator() => new(Bytes.Span);

    public ref struct Enumerator(ReadOnlySpan<byte> rest)
    {
        private ReadOnlySpan<byte> _rest = rest;

        public Term Current { get; private set; }

        public bool MoveNext()
        {
            if (_rest.IsEmpty)
                return false;
            var kind = (TermKind)_rest[0];
            _rest = _rest[1..];
            var param = Take();
            Current = kind switch
            {
                TermKind.Date => new Term { Kind = kind, Param = param, FromTicks = TakeTicks(), UntilTicks = TakeTicks() },
                TermKind.Token => new Term { Kind = kind, Param = param, First = Take(), Second = Take() },
                TermKind.Quantity => new Term { Kind = kind, Param = param, Decimal = Take(), First = Take(), Second = Take() },
                _ => new Term { Kind = kind, Param = param, First = Take() },
            };
            return true;
        }

        private ReadOnlySpan<byte> Take()
        {
            int length = 0;
            int shift = 0;
            byte next;
            do
            {
                next = _rest[0];
                _rest = _rest[1..];
                length |= (next & 0x7F) << shift;
                shift += 7;
            }
            while (next >= 0x80);
            var taken = _rest[..length];
            _rest = _rest[length..];
            return taken;
        }

        private long TakeTicks()
        {
            long ticks = BinaryPrimitives.ReadInt64LittleEndian(_rest);
            _rest = _rest[8..];
            return ticks;
        }
    }
}

/// <summary>Writes the stored form of a <see cref="TermList"/>; reusable after <see cref="Clear"/>. Not safe for concurrent use.</summary>
public sealed class TermWriter
{
    private readonly ArrayBufferWriter<byte> _out = new(1024);

    public void Clear() => _out.ResetWrittenCount();

    /// <summary>Starts anew with the terms of a list.</summary>
    public void Begin(TermList with)
    {
        _out.ResetWrittenCount();
        _out.Write(with.Bytes.Span);
    }

    /// <summary>The stored form of what was written; overwritten by what is written next.</summary>
    public ReadOnlySpan<byte> Written => _out.WrittenSpan;

    public TermList ToTerms() => new(_out.WrittenSpan.ToArray());

    public void Token(ReadOnlySpan<byte> param, ReadOnlySpan<byte> system, ReadOnlySpan<byte> code)
    {
        Start(TermKind.Token, param);
        Put(system);
        Put(code);
    }

    /// <param name="param">Name of the search parameter.</param>
    /// <param name="fromTicks">First UTC tick covered.</param>
    /// <param name="untilTicks">First UTC tick no longer covered.</param>
    public void Date(ReadOnlySpan<byte> param, long fromTicks, long untilTicks)
    {
        Start(TermKind.Date, param);
        BinaryPrimitives.WriteInt64LittleEndian(_out.GetSpan(8), fromTicks);
        _out.Advance(8);
        BinaryPrimitives.WriteInt64LittleEndian(_out.GetSpan(8), untilTicks);
        _out.Advance(8);
    }

    public void Quantity(ReadOnlySpan<byte> param, ReadOnlySpan<byte> asWritten, ReadOnlySpan<byte> system, ReadOnlySpan<byte> code)
    {
        Start(TermKind.Quantity, param);
        Put(asWritten);
        Put(system);
        Put(code);
    }

    /// <summary>A Reference, String, Uri or Number: one text.</summary>
    public void Text(TermKind kind, ReadOnlySpan<byte> param, ReadOnlySpan<byte> text)
    {
        Start(kind, param);
        Put(text);
    }

    private void Start(TermKind kind, ReadOnlySpan<byte> param)
    {
        _out.GetSpan(1)[0] = (byte)kind;
        _out.Advance(1);
        Put(param);
    }

    private void Put(ReadOnlySpan<byte> bytes)
    {
        var header = _out.GetSpan(5);
        int used = 0;
        uint length = (uint)bytes.Length;
        while (length >= 0x80)
        {
            header[used++] = (byte)(length | 0x80);
            length >>= 7;
        }
        header[used++] = (byte)length;
        _out.Advance(used);
        _out.Write(bytes);
    }
}
