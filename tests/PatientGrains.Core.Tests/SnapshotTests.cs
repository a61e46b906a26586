using System.Buffers;
using PatientGrains.Core.Record;
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
