using PatientGrains.Core.Record;
using PatientGrains.Gateway.Intake;

namespace PatientGrains.Gateway.Fhir;

/// <summary>delete (R4 3.1.0.7): a tombstone; the versions stay readable. Deleting what is not there, or twice, is no error.</summary>
internal sealed class Delete(SubmissionIntake intake, Writes writes)
{
    public async Task<Answer> Answer(FhirCall call)
    {
        if (Queries.Unknown(call) is { } unknown)
            return unknown;
        if (!References.IsId(call.Path[1]))
            return Fhir.Answer.Problem(400, "value", "The id of the address is no R4 id: 1 to 64 letters, digits, '-' and '.'.");
        if (Preconditions.IfMatch(call.IfMatch, out int? version) is { } badTag)
            return badTag;
        var key = new ResourceKey(call.Path[0], call.Path[1]);
        return writes.Of(call, await intake.Delete(key, version, Writes.SubmissionOf(call)), isConditional: false);
    }
}
