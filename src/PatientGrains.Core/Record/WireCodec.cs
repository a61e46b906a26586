using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace PatientGrains.Core.Record;

/// <summary>
/// The one codec for what is logged, snapshotted and sent between grains: a frame is <c>varint length of head, head (JSON, UTF-8), varint
/// number of blobs, then for each blob varint length and raw bytes</c>. Reading never copies a blob: it is a slice of the frame. Unknown
/// JSON members are ignored, so that an older program reads what a newer one added; an unknown event name is an error.
/// </summary>
public static class WireCodec
{
    /// <summary>Appends the frame of one value.</summary>
    public static void Write<T>(IBufferWriter<byte> output, T value)
    {
        var outer = BlobJson.Aside;
        var blobs = BlobJson.Aside = SpareBlobs ?? [];
        SpareBlobs = null;
        try
        {
            var head = Scratch ??= new ArrayBufferWriter<byte>(1024);
            head.ResetWrittenCount();
            var json = HeadWriter ??= new Utf8JsonWriter(head);
            json.Reset(head);
            if (typeof(T) != typeof(Event) || !EventHeads.TryWrite(json, value))
                JsonSerializer.Serialize(json, value, Root<T>.Json);
            json.Flush();
            PutVarint(output, head.WrittenCount);
            output.Write(head.WrittenSpan);
            PutVarint(output, blobs.Count);
            foreach (var blob in blobs)
            {
                PutVarint(output, blob.Length);
                output.Write(blob.Span);
            }
        }
        finally
        {
            BlobJson.Aside = outer;
            blobs.Clear();
            SpareBlobs = blobs;
        }
    }

    /// <summary>Reads one frame and says how many bytes it took.</summary>
    /// <exception cref="FormatException">The bytes are not a frame of <typeparamref name="T"/>.</exception>
    public static T Read<T>(ReadOnlyMemory<byte> bytes, out int used)
    {
        var outer = BlobJson.Aside;
        try
        {
            int at = 0;
            var head = Slice(bytes, ref at);
            int count = TakeVarint(bytes.Span, ref at);
            if (count > bytes.Length - at)
                throw new FormatException("The frame promises more blobs than it has bytes.");
            var blobs = new List<ReadOnlyMemory<byte>>(count);
            for (int i = 0; i < count; i++)
                blobs.Add(Slice(bytes, ref at));
            BlobJson.Aside = blobs;
            used = at;
            return JsonSerializer.Deserialize(head.Span, Root<T>.Json) is T read
                ? read
                : throw new FormatException($"The frame holds no {typeof(T).Name}.");
        }
        // Members that are not what their constructor takes surface as ArgumentException, text that is not UTF-8 as
        // InvalidOperationException.
        catch (Exception broken) when (broken is JsonException or NotSupportedException or ArgumentException or InvalidOperationException)
        {
            throw new FormatException($"The bytes are not a frame of {typeof(T).Name}.", broken);
        }
        finally
        {
            BlobJson.Aside = outer;
        }
    }

    /// <summary>
    /// Whether values declared as this type travel in this codec: Core's own messages do, what engines bring themselves does not.
    /// </summary>
    public static bool Carries(Type type) => KindOf(type) >= 0;

    /// <summary>Appends a kind byte and the frame of a value whose type is known only at run time.</summary>
    /// <exception cref="NotSupportedException">The codec does not carry it.</exception>
    public static void WriteTagged(IBufferWriter<byte> output, object value)
    {
        int kind = KindOf(value.GetType());
        if (kind < 0)
            throw new NotSupportedException($"{value.GetType().Name} does not cross grain boundaries.");
        output.Write([(byte)kind]);
        switch (value)
        {
            case Command command: Write(output, command); break;
            case Outcome outcome: Write(output, outcome); break;
            case Event happened: Write(output, happened); break;
            case Transaction transaction: Write(output, transaction); break;
            case Preparation preparation: Write(output, preparation); break;
            case ResourceKey key: Write(output, key); break;
            case FeedPage page: Write(output, page); break;
            case AlertHint hint: Write(output, hint); break;
        }
    }

    /// <summary>Reads what <see cref="WriteTagged"/> wrote.</summary>
    /// <exception cref="FormatException">The bytes are something else.</exception>
    public static object ReadTagged(ReadOnlyMemory<byte> bytes) => (bytes.IsEmpty ? -1 : bytes.Span[0]) switch
    {
        0 => Read<Command>(bytes[1..], out _),
        1 => Read<Outcome>(bytes[1..], out _),
        2 => Read<Event>(bytes[1..], out _),
        3 => Read<Transaction>(bytes[1..], out _),
        4 => Read<Preparation>(bytes[1..], out _),
        5 => Read<ResourceKey>(bytes[1..], out _),
        6 => Read<FeedPage>(bytes[1..], out _),
        7 => Read<AlertHint>(bytes[1..], out _),
        _ => throw new FormatException("An unknown kind of message."),
    };

    /// <summary>What a value is after it crossed a wire; values that the codec does not carry are handed through.</summary>
    public static object? RoundTrip(object? value, Type declared)
    {
        if (value is null || !Carries(value.GetType()))
            return value;
        var output = new ArrayBufferWriter<byte>();
        WriteTagged(output, value);
        return ReadTagged(output.WrittenMemory);
    }

    private static readonly Type[] Kinds =
        [
            typeof(Command), typeof(Outcome), typeof(Event), typeof(Transaction), typeof(Preparation), typeof(ResourceKey),
            typeof(FeedPage), typeof(AlertHint),
        ];

    private static int KindOf(Type type) => Array.FindIndex(Kinds, kind => kind.IsAssignableFrom(type));

    /// <summary>Little-endian base-128, as in protobuf; 0 to 2^31-1.</summary>
    public static void PutVarint(IBufferWriter<byte> output, int value)
    {
        var span = output.GetSpan(5);
        int used = 0;
        uint rest = (uint)value;
        for (; rest >= 0x80; rest >>= 7)
            span[used++] = (byte)(rest | 0x80);
        span[used++] = (byte)rest;
        output.Advance(used);
    }

    /// <exception cref="FormatException">The number is cut or too large.</exception>
    public static int TakeVarint(ReadOnlySpan<byte> bytes, ref int at)
    {
        ulong value = 0;
        for (int shift = 0; shift < 35; shift += 7)
        {
            if (at >= bytes.Length)
                throw new FormatException("A length is cut.");
            byte next = bytes[at++];
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
                return value <= int.MaxValue ? (int)value : throw new FormatException("A length is out of range.");
        }
        throw new FormatException("A length is out of range.");
    }

    private static ReadOnlyMemory<byte> Slice(ReadOnlyMemory<byte> bytes, ref int at)
    {
        int length = TakeVarint(bytes.Span, ref at);
        if (length > bytes.Length - at)
            throw new FormatException("The frame is cut.");
        var slice = bytes.Slice(at, length);
        at += length;
        return slice;
    }

    /// <summary>
    /// The type that a value is written as: the root of its polymorphic family, since without the stable name that only the root writes,
    /// nobody could read it.
    /// </summary>
    private static class Root<T>
    {
        public static readonly JsonTypeInfo Json = CoreJson.Default.Options.GetTypeInfo(Of(typeof(T)));

        private static Type Of(Type type)
        {
            for (var family = type; family is not null; family = family.BaseType)
            {
                if (family.IsDefined(typeof(JsonPolymorphicAttribute), false))
                    return family;
            }
            return type;
        }
    }

    [ThreadStatic]
    private static ArrayBufferWriter<byte>? Scratch;

    [ThreadStatic]
    private static Utf8JsonWriter? HeadWriter;

    [ThreadStatic]
    private static List<ReadOnlyMemory<byte>>? SpareBlobs;
}
