namespace PatientGrains.Host.Tests;

/// <summary>Small resources, whose names can be searched for in whatever a program says.</summary>
internal static class Resources
{
    /// <summary>A family name that stands nowhere else.</summary>
    public const string Family = "Xylographer";

    public static string Patient(string id, string more = "") =>
        $$$"""{"resourceType":"Patient","id":"{{{id}}}","name":[{"family":"{{{Family}}}"}]{{{more}}}}""";

    public static string Observation(string id, string patient, string text = "x") =>
        $$$"""{"resourceType":"Observation","id":"{{{id}}}","status":"final","code":{"text":"{{{text}}}"},"""
        + $"\"subject\":{{\"reference\":\"Patient/{patient}\"}}}}";

    public static string Practitioner(string id, string identifier) =>
        $$$"""{"resourceType":"Practitioner","id":"{{{id}}}","identifier":[{"system":"http://n","value":"{{{identifier}}}"}]}""";

    public static string Bundle(string type, params string[] entries) =>
        $$$"""{"resourceType":"Bundle","type":"{{{type}}}","entry":[{{{string.Join(',', entries)}}}]}""";

    public static string Entry(string method, string url, string resource) =>
        $$$"""{"resource":{{{resource}}},"request":{"method":"{{{method}}}","url":"{{{url}}}"}}""";
}
