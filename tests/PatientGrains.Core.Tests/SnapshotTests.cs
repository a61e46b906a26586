using System.Buffers;
using System.Collections.Immutable;
using PatientGrains.Core.Record;
using PatientGrains.Core.Screening;
using static PatientGrains.Core.Tests.Samples;

namespace PatientGrains.Core.Tests;

public class SnapshotTests
{
    private static byte[] Snapshot
    {
        get
        {
            var output = new ArrayBufferWriter<byte>();
            RecordSnapshot.Write(Live.After(Create("Observation/a"), Update("Observation/a", Body("{2}")), Delete("Observation/a"),
                Create("Patient/p")).Record, output);
            return output.WrittenSpan.ToArray();
        }
    }

    [Fact]
    public void A_snapshot_of_another_form_is_passed_over_whatever_it_holds()
    {
        byte[] later = Snapshot;
        later[0] = RecordSnapshot.Form + 1;
        Assert.Null(RecordSnapshot.Read(later));
        Assert.Null(RecordSnapshot.Read(new byte[] { RecordSnapshot.Form + 1, 0xFF, 0xFF }));
    }

    [Fact]
    public void A_cut_or_prolonged_snapshot_is_an_error()
    {
        byte[] whole = Snapshot;
        Assert.NotNull(RecordSnapshot.Read(whole));
        for (int length = 0; length < whole.Length; length++)
            Assert.Throws<FormatException>(() => RecordSnapshot.Read(whole.AsMemory(0, length)));
        Assert.Throws<FormatException>(() => RecordSnapshot.Read((byte[])[.. whole, 0]));
    }

    [Fact]
    public void A_snapshot_as_programs_wrote_it_before_is_passed_over()
    {
        byte[] older = Convert.FromBase64String(FormTwo);
        Assert.Equal(2, older[0]);
        Assert.Null(RecordSnapshot.Read(older));
    }

    [Fact]
    public void A_snapshot_reads_as_it_was_taken_whatever_became_of_the_record_before_it_was_written()
    {
        var live = Live.After([.. Enumerable.Range(0, 70).Select(i => Create($"Observation/{i}", Body($"{{{i}}}")))]);
        byte[] then = Written(live.Record);
        var write = RecordSnapshot.Of(live.Record);
        for (int i = 0; i < 70; i += 2)
            live.Do(Submission($"later-{i}", Update($"Observation/{i}", Body("{\"later\":true}")), Create($"Observation/later-{i}")));
        live.Do(Submission("gone", Delete("Observation/1")));
        var output = new ArrayBufferWriter<byte>();
        write(output);
        Assert.Equal(then, output.WrittenSpan.ToArray());
    }

    [Fact]
    public void A_record_that_was_opened_is_written_down_as_the_one_that_was_not_whatever_was_looked_at()
    {
        var live = Live.After([.. Enumerable.Range(0, 100).Select(i => Create($"Observation/{i}", Body($"{{{i}}}")))]);
        byte[] whole = Written(live.Record);
        var opened = RecordSnapshot.Read(whole)!;
        Assert.Equal(whole, Written(opened));
        Assert.Equal("{40}"u8.ToArray(), opened.Find(new("Observation", "40"))!.Json.Span.ToArray());
        Assert.Equal("{99}"u8.ToArray(), opened.Find(new("Observation", "99"))!.Body!.Json.Span.ToArray());
        Assert.Equal(whole, Written(opened));
    }

    [Fact]
    public void Whatever_is_replaced_in_a_page_the_rest_of_it_stays()
    {
        var live = Live.After([.. Enumerable.Range(0, 100).Select(i => Create($"Observation/{i}", Body($"{{{i}}}")))]);
        var opened = RecordSnapshot.Read(Written(live.Record))!;
        foreach (int i in Enumerable.Range(0, 100).Where(i => i % 7 != 0))
        {
            var next = Stored($"Observation/{i}", 2);
            RecordFold.Evolve(live.Record, next);
            RecordFold.Evolve(opened, next);
            var untouched = opened.Find(new("Observation", $"{i / 7 * 7}"))!;
            Assert.Equal($"{{{i / 7 * 7}}}", System.Text.Encoding.UTF8.GetString(untouched.Json.Span));
        }
        Assert.Equal(Written(live.Record), Written(opened));
        Assert.Null(opened.Statements[0].State.Body.Page);
    }

    [Fact]
    public void Everything_that_a_measured_value_says_is_held()
    {
        string[] members = ["At", "From", "IsPreliminary", "Value", "Variable"];
        Assert.Equal(members, typeof(Measured).GetProperties().Select(member => member.Name).Order());
        var at = new DateTimeOffset(2026, 11, 22, 1, 2, 3, 456, TimeSpan.FromHours(-3)).AddTicks(7);
        foreach (decimal value in (decimal[])[0m, -1.50m, 37.0m, decimal.MaxValue, decimal.MinValue, 0.0000000000000000000000000001m])
        {
            ImmutableArray<Finding> findings =
            [
                new Measured { Variable = Variable.HeartRate, Value = value, At = at },
                new Given { Drug = Drug.Dopamine, At = at, RateMcgPerKgMin = 5.0m, IsRunning = true },
                new Measured { Variable = Variable.Lactate, Value = value, At = at, From = at.AddDays(-1), IsPreliminary = true },
                new Doubted { Variable = Variable.Lactate, Doubt = Doubt.NoUnit, Written = "4" },
            ];
            var read = FindingBytes.Read(FindingBytes.Write(findings));
            Assert.True(findings.SequenceEqual(read));
            Assert.Equal(Text(findings), Text(read));
        }
    }

    /// <summary>
    /// A patient with an observation in three versions, the last a deletion, as the program of 2026-11-21 wrote it.
    /// </summary>
    private const string FormTwo =
            "AuYBeyJuZXh0U2VxIjo1LCJjaGFuZ2VkQXQiOiIyMDI2LTExLTIyVDEyOjAwOjAwKzAwOjAwIiwic3RhdGVtZW50cyI6Miwic3VibWlzc2lvbnMiOlt7InNv" +
            "dXJjZSI6ImxhYiIsIm1lc3NhZ2VJZCI6Im0zIiwiZGlnZXN0IjowLCJzZXEiOjR9XSwiZXBpc29kZXMiOnsib3BlbiI6W10sImVuZGVkIjpbXSwic2lsZW5j" +
            "ZXMiOltdLCJjb3VudCI6MCwibGluZXMiOjB9LCJhbGVydHMiOltdLCJxdWFsaXR5IjpbXX0BIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAwAF7" +
            "ImtleSI6IlBhdGllbnQvcCIsInZlcnNpb24iOjEsImF0IjoiMjAyNi0xMS0yMlQxMjowMDowMCswMDowMCIsInNvdXJjZSI6ImxvY2FsIiwibWVzc2FnZUlk" +
            "IjoibTEiLCJib2R5Ijp7Impzb24iOjAsIm1ldGFBdCI6MzAsIm1ldGFMZW5ndGgiOjAsInRlcm1zIjoxLCJleHRyYWN0b3IiOjEsImZpbmRpbmdzIjpbXX0s" +
            "InNlcXMiOlswXX0CI3sicmVzb3VyY2VUeXBlIjoiUGF0aWVudCIsImlkIjoicCJ9HgEEY29kZRBodHRwOi8vbG9pbmMub3JnBjg4NjctNKABeyJrZXkiOiJP" +
            "YnNlcnZhdGlvbi9hIiwidmVyc2lvbiI6MywiYXQiOiIyMDI2LTExLTIyVDEyOjAwOjAwKzAwOjAwIiwic291cmNlIjoibGFiIiwibWVzc2FnZUlkIjoibTMi" +
            "LCJvcmlnaW4iOnsic291cmNlIjoibG9jYWwiLCJtZXNzYWdlSWQiOiJtMSJ9LCJzZXFzIjpbMSwyLDNdfQA=";

    /// <summary>As it would be logged: offsets of times and trailing zeros too.</summary>
    private static string Text(ImmutableArray<Finding> findings) =>
        string.Join('\n', findings.Select(finding => System.Text.Json.JsonSerializer.Serialize(finding)));

    private static byte[] Written(PatientRecord record)
    {
        var output = new ArrayBufferWriter<byte>();
        RecordSnapshot.Write(record, output);
        return output.WrittenSpan.ToArray();
    }

    [Fact]
    public void What_is_remembered_of_a_submission_holds_no_other_memory()
    {
        byte[] frame = new byte[1000];
        var record = new PatientRecord();
        RecordFold.Evolve(record, new SubmissionAccepted
        {
            Source = "local", MessageId = "m", Digest = new Blob(frame.AsMemory(100, 32)), Results = [], At = At,
        });
        var remembered = record.Submissions.Find("local", "m")!.Digest;
        Assert.True(System.Runtime.InteropServices.MemoryMarshal.TryGetArray(remembered.Bytes, out var held));
        Assert.Equal(32, held.Array!.Length);
    }
}
