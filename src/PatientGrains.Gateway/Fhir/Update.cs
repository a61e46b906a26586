using PatientGrains.Gateway.Intake;

namespace PatientGrains.Gateway.Fhir;

/// <summary>update (R4 3.1.0.4), also as create under the client's id, and version aware (R4 3.1.0.5).</summary>
internal sealed class Update(SubmissionIntake intake, Writes writes)
{
    public async Task<Answer> Answer(FhirCall call)
    {
        if (Queries.Unknown(call) is { } unknown)
            return unknown;
        string id = call.Path[1];
        if (!References.IsId(id))
            return Fhir.Answer.Problem(400, "value", "The id of the address is no R4 id: 1 to 64 letters, digits, '-' and '.'.");
        if (Preconditions.IfMatch(call.IfMatch, out int? version) is { } badTag)
            return badTag;
        if (call.IfNoneMatch is not null)
            return Fhir.Answer.Problem(400, "not-supported",
                "If-None-Match is not supported for updates; use If-Match, or a conditional create.");
        var (resource, problem) = await writes.Body(call);
        if (resource is null)
            return problem!;
        if (resource.Type != call.Path[0])
            return Fhir.Answer.Problem(400, "invalid", "The resourceType of the body is not the type of the address.");
        // R4 3.1.0.4: the body SHALL have an id element with the value of the address, else 400.
        if (resource.Id is null)
            return Fhir.Answer.Problem(400, "required", "The body must have the id of the address; it has none.");
        if (resource.Id != id)
            return Fhir.Answer.Problem(400, "value", "The id of the body is not the id of the address.");
        if (!resource.IsValid)
            return Fhir.Answer.Invalid(resource.Issues);
        return writes.Of(call, await intake.Update(resource, id, version, Writes.SubmissionOf(call)), isConditional: false);
    }
}
