using System.Globalization;
using Microsoft.AspNetCore.Http.Features;
using Orleans;
using PatientGrains.Contracts;
using PatientGrains.Core.Access;
using PatientGrains.Core.Record;
using PatientGrains.Gateway;
using PatientGrains.Log;

namespace PatientGrains.Host.Live;

/// <summary>
/// Verification, export of checkpoints and the burden report on a running server, for the verbs of these names: the server holds the
/// folder's lock.
/// </summary>
internal static class OperationEndpoints
{
    public const string Verify = "ops/verify";
    public const string Checkpoint = "ops/checkpoint";
    public const string Burden = "ops/burden";

    public static void Map(WebApplication app)
    {
        app.MapPost("/" + Verify, (Func<HttpContext, Task>)(context => Answer(context, "verify", RunVerify)));
        app.MapGet("/" + Checkpoint, (Func<HttpContext, Task>)(context => Answer(context, "checkpoint", RunExport)));
        app.MapGet("/" + Burden, (Func<HttpContext, Task>)(context => Answer(context, "burden", RunBurden)));
    }

    private static async Task Answer(HttpContext context, string asked, Func<HttpContext, Task> run)
    {
        if (await GatewayFront.LogIn(context, asked) is not { } who)
            return;
        var refused = AccessPolicy.RefusalFor(who, AccessKind.ReadAccessLog);
        // A report names patients whose log is broken, so that asking for one is an access like any other.
        var shard = context.RequestServices.GetRequiredService<IGrainFactory>().GetGrain<ISecurityGrain>("0");
        await shard.Ask(new NoteAccess { Who = who, Interaction = "operation", Asked = asked, RefusedBy = refused?.ToString() });
        if (refused is not null)
            context.Response.StatusCode = 403;
        else
            await run(context);
    }

    private static async Task RunVerify(HttpContext context)
    {
        var services = context.RequestServices;
        var ring = services.GetRequiredService<KeyRing>();
        string? checkpoint = null;
        try
        {
            if (context.Request.ContentLength is > 0)
            {
                // A line for each record: a large store's checkpoint is larger than what the web server takes by default.
                context.Features.GetRequiredFeature<IHttpMaxRequestBodySizeFeature>().MaxRequestBodySize = null;
                checkpoint = Path.GetTempFileName();
                await using var file = File.Create(checkpoint);
                await context.Request.Body.CopyToAsync(file, context.RequestAborted);
            }
            var report = await Verification.Run(
                services.GetRequiredService<IPatientLog>(), context.Request.Query.ContainsKey("without-keys") ? null : ring,
                checkpoint is null ? null : CheckpointFile.Open(checkpoint, ring.SigningPublicKeyPem()), null, context.RequestAborted);
            await context.Response.WriteAsJsonAsync(report, context.RequestAborted);
        }
        catch (CheckpointException wrong)
        {
            context.Response.StatusCode = 400;
            await context.Response.WriteAsync(wrong.Message, context.RequestAborted);
        }
        finally
        {
            if (checkpoint is not null)
                File.Delete(checkpoint);
        }
    }

    private static async Task RunBurden(HttpContext context)
    {
        var query = context.Request.Query;
        if (!TryTime(query["from"], out var from) || !TryTime(query["until"], out var until))
        {
            context.Response.StatusCode = 400;
            await context.Response.WriteAsync("from and until are times, as in 2026-01-31T08:00:00Z.", context.RequestAborted);
            return;
        }
        var rows = await Live.Burden.Of(context.RequestServices, from, until, context.RequestAborted);
        await context.Response.WriteAsJsonAsync(rows, context.RequestAborted);
    }

    private static bool TryTime(string? text, out DateTimeOffset time) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out time);

    private static async Task RunExport(HttpContext context)
    {
        var services = context.RequestServices;
        // A folder of its own: an export never overwrites a file, and temporary ones exist from the start.
        var folder = Directory.CreateTempSubdirectory("patientgrains-");
        string file = Path.Combine(folder.FullName, "checkpoint");
        try
        {
            var now = services.GetRequiredService<TimeProvider>().GetUtcNow();
            await CheckpointFile.Export(services.GetRequiredService<IPatientLog>(), services.GetRequiredService<KeyRing>(), now, file, context.RequestAborted);
            await context.Response.SendFileAsync(file, context.RequestAborted);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
