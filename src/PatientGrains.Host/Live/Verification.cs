using PatientGrains.Core.Record;
using PatientGrains.Log;

namespace PatientGrains.Host.Live;

/// <summary>Verifies a store, decoding every event with Core's codec when there are keys.</summary>
internal static class Verification
{
    public static Task<VerifyReport> Run(IPatientLog log, KeyRing? ring, CheckpointFile? checkpoint, IProgress<long>? progress, CancellationToken cancel) =>
        LogVerifier.Verify(log, ring, ring is null ? null : LengthOf, checkpoint, progress, cancel);

    private static int LengthOf(ReadOnlyMemory<byte> bytes)
    {
        WireCodec.Read<Event>(bytes, out int used);
        return used;
    }
}
