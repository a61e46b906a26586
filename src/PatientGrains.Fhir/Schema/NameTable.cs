using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace PatientGrains.Fhir.Schema;

/// <summary>
/// A fixed set of UTF-8 names and where each stands in it; finding one allocates nothing. The first and last eight bytes and the length
/// are hash and nearly all of the comparison:
/// they are the whole name up to 16 bytes, and only longer ones (a tenth of R4's) are compared in between.
/// </summary>
internal sealed class NameTable
{
    private readonly Slot[] _slots;
    private readonly byte[][] _names;
    private readonly int _shift;

    public NameTable(IReadOnlyList<byte[]> names)
    {
        _names = [.. names];
        int size = (int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(4, names.Count * 3));
        _slots = new Slot[size];
        _shift = 64 - BitOperations.Log2((uint)size);
        for (int i = 0; i < _names.Length; i++)
        {
            Key(_names[i], out ulong first, out ulong last);
            int at = Home(first, last, _names[i].Length);
            while (_slots[at].Length != 0)
                at = (at + 1) & (size - 1);
            _slots[at] = new Slot { First = first, Last = last, Length = names[i].Length, Index = i };
        }
    }

    public int Count => _names.Length;

    public byte[] this[int index] => _names[index];

    /// <summary>The index of the name, or -1.</summary>
    public int Find(ReadOnlySpan<byte> name)
    {
        if (name.IsEmpty)
            return -1;
        Key(name, out ulong first, out ulong last);
        var slots = _slots;
        int at = Home(first, last, name.Length);
        while (true)
        {
            ref readonly var slot = ref slots[at & (slots.Length - 1)];
            if (slot.Length == 0)
                return -1;
            if (slot.First == first && slot.Last == last && slot.Length == name.Length
                && (name.Length <= 16 || name.SequenceEqual(_names[slot.Index])))
                return slot.Index;
            at++;
        }
    }

    private int Home(ulong first, ulong last, int length)
    {
        ulong mixed = BitOperations.RotateLeft(last * 0xC2B2AE3D27D4EB4F, 31);
        mixed += (first * 0x9E3779B97F4A7C15) + ((ulong)length * 0x165667B19E3779F9);
        return (int)(mixed * 0x9E3779B97F4A7C15 >> _shift);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Key(ReadOnlySpan<byte> name, out ulong first, out ulong last)
    {
        int length = name.Length;
        if (length >= 8)
        {
            first = BinaryPrimitives.ReadUInt64LittleEndian(name);
            last = BinaryPrimitives.ReadUInt64LittleEndian(name[(length - 8)..]);
        }
        else if (length >= 4)
        {
            first = BinaryPrimitives.ReadUInt32LittleEndian(name);
            last = BinaryPrimitives.ReadUInt32LittleEndian(name[(length - 4)..]);
        }
        else
        {
            first = name[0];
            last = (uint)(name[length / 2] | (name[length - 1] << 8));
        }
    }

    private struct Slot
    {
        public ulong First;
        public ulong Last;
        public int Length;
        public int Index;
    }
}
