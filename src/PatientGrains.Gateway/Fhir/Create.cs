using PatientGrains.Gateway.Intake;

namespace PatientGrains.Gateway.Fhir;

/// <summary>create and conditional create (R4 3.1.0.8): the server assigns the id, whatever the body says.</summary>
internal sealed class Create(SubmissionIntake intake, Writes writes)
{
    public async Task<Answer> Answer(FhirCall call)
    {
        if (Queries.Unknown(call) is { } unknown)
            return unknown;
        var (resource, problem) = await writes.Body(call);
        if (resource is null)
            return problem!;
        if (resource.Type != call.Path[0])
            return Fhir.Answer.Problem(400, "invalid", "The resourceType of the body is not the type of the address.");
        if (!resource.IsValid)
            return Fhir.Answer.Invalid(resource.Issues);
        var answer = await intake.Create(resource, call.IfNoneExist, Writes.SubmissionOf(call));
        return writes.Of(call, answer, call.IfNoneExist is not null);
    }
}
