using System.Runtime.InteropServices;
using System.Text;
using PatientGrains.Core.Record;

namespace PatientGrains.Core.Tests;

public class RecordBodyTests
{
    private const string Json = """{"resourceType":"Observation","id":"a"}""";

    [Fact]
    public void An_array_of_nothing_but_body_and_terms_is_kept_and_not_copied()
    {
        var both = Both(before: 0, after: 0, out var body);
        Assert.Same(both, ArrayOf(Stored(body).Json));
    }

    /// <summary>A frame of the log, or a pooled buffer, must neither stay in memory nor change under the record.</summary>
    [Theory]
    [InlineData(1, 0)]
    [InlineData(0, 1)]
    [InlineData(700, 300)]
    public void A_part_of_something_larger_is_copied(int before, int after)
    {
        var both = Both(before, after, out var body);
        var statement = Stored(body);
        both.AsSpan().Clear();
        Assert.Equal(Json, Encoding.UTF8.GetString(statement.Json.Span));
        Assert.True(statement.Terms.Bytes.Span.SequenceEqual(Samples.Body().Terms.Span));
    }

    [Fact]
    public void Body_and_terms_in_arrays_of_their_own_are_copied()
    {
        var body = Samples.Body(Json);
        Assert.NotSame(ArrayOf(body.Json), ArrayOf(Stored(body).Json));
    }

    private static Statement Stored(StatementBody body)
    {
        var record = new PatientRecord();
        RecordFold.Evolve(record, Samples.Stored("Observation/a", 1) with { Body = body });
        return record.Find(new("Observation", "a"))!;
    }

    private static byte[] Both(int before, int after, out StatementBody body)
    {
        var apart = Samples.Body(Json);
        byte[] both = [.. new byte[before], .. apart.Json.Span, .. apart.Terms.Span, .. new byte[after]];
        body = apart with
        {
            Json = new Blob(both.AsMemory(before, apart.Json.Length)),
            Terms = new Blob(both.AsMemory(before + apart.Json.Length, apart.Terms.Length)),
        };
        return both;
    }

    private static byte[]? ArrayOf(Blob blob) => MemoryMarshal.TryGetArray(blob.Bytes, out var segment) ? segment.Array : null;
}
