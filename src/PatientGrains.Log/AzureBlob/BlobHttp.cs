using System.Globalization;
using Azure;
using Azure.Core;
using Azure.Core.Pipeline;

namespace PatientGrains.Log.AzureBlob;

/// <summary>What the service said. Status 0: nothing, or not in time; whether the request was carried out is not known then, nor at 500
/// and above.</summary>
/// <param name="Error">The service's own code, such as <c>BlobNotFound</c>; the type of what failed when there was no answer.</param>
/// <param name="Length">Of the whole blob.</param>
/// <param name="Blocks">Of an append blob.</param>
internal readonly record struct BlobAnswer(int Status, string Error, ReadOnlyMemory<byte> Content, long Length, int Blocks, string Tag)
{
    public bool IsUnknown => Status is 0 or 408 or 429 or >= 500;

    public bool IsDone => Status is >= 200 and < 300;
}

/// <summary>
/// One request at a time over the Azure.Core pipeline, which signs it. The pipeline tries nothing again: what may be repeated differs
/// from one operation to the next, so <see cref="BlobClient"/> decides. It neither logs nor traces: addresses hold blinded ids and headers
/// hold signatures.
/// </summary>
internal sealed class BlobHttp
{
    /// <summary>The first with append blocks of 100 MiB, so that every frame is one block and lands whole or not at all.</summary>
    public const string ApiVersion = "2022-11-02";

    private readonly AzureBlobLogOptions _options;
    private readonly HttpPipeline _pipeline;
    private readonly SemaphoreSlim _places;
    private readonly CancellationTokenSource _stopped = new();

    public BlobHttp(AzureBlobLogOptions options)
    {
        _options = options;
        _places = new SemaphoreSlim(options.Requests);
        var settings = new Settings();
        settings.Retry.MaxRetries = 0;
        settings.Retry.NetworkTimeout = options.RequestTimeout;
        settings.Diagnostics.IsLoggingEnabled = false;
        settings.Diagnostics.IsDistributedTracingEnabled = false;
        settings.Diagnostics.IsTelemetryEnabled = false;
        if (options.Transport is { } transport)
            settings.Transport = transport;
        HttpPipelinePolicy signs = options switch
        {
            { SharedKey: { } key } => new SharedKeyPolicy(options.AccountName, key, options.Clock),
            { Credential: { } credential } => new BearerTokenAuthenticationPolicy(credential, "https://storage.azure.com/.default"),
            _ => throw new ArgumentException("The Azure log needs a shared key or a credential."),
        };
        _pipeline = HttpPipelineBuilder.Build(settings, signs);
    }

    private sealed class Settings : ClientOptions;

    public CancellationToken Stopped => _stopped.Token;

    /// <summary>Nothing is sent any more; what waits for an answer fails.</summary>
    public void Stop() => _stopped.Cancel();

    public static LogFailedException Closed() => new("The log is closed.");

    /// <param name="name">Of the blob; empty for the container.</param>
    public async Task<BlobAnswer> Send(
        RequestMethod method, string name, string query, (string Name, string Value)[] headers, ReadOnlyMemory<byte>? content,
        CancellationToken cancel)
    {
        using var message = Message(method, name, query, headers, content);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(Stopped, cancel);
        bool placed = false;
        try
        {
            await _places.WaitAsync(either.Token).ConfigureAwait(false);
            placed = true;
            await _pipeline.SendAsync(message, either.Token).ConfigureAwait(false);
            return Read(message.Response);
        }
        catch (Exception e) when (Stopped.IsCancellationRequested && !cancel.IsCancellationRequested && e is not LogException)
        {
            throw Closed();
        }
        catch (Exception e) when (e is not LogException && !cancel.IsCancellationRequested)
        {
            // No answer, half of one, none in time, or no token. What exactly may tell too much: its type has to do.
            return new BlobAnswer(0, e.GetType().Name, default, 0, 0, "");
        }
        finally
        {
            if (placed)
                _places.Release();
        }
    }

    private HttpMessage Message(
        RequestMethod method, string name, string query, (string Name, string Value)[] headers, ReadOnlyMemory<byte>? content)
    {
        var message = _pipeline.CreateMessage();
        var request = message.Request;
        request.Method = method;
        request.Uri.Reset(new Uri(
            $"{_options.AccountUrl.AbsoluteUri.TrimEnd('/')}/{_options.Container}{(name.Length > 0 ? "/" : "")}{name}{query}"));
        request.Headers.SetValue("x-ms-version", ApiVersion);
        foreach (var (header, value) in headers)
            request.Headers.SetValue(header, value);
        if (content is { } bytes)
        {
            request.Content = RequestContent.Create(bytes);
            request.Headers.SetValue("Content-Length", bytes.Length.ToString(CultureInfo.InvariantCulture));
            request.Headers.SetValue("Content-Type", "application/octet-stream");
        }
        return message;
    }

    private static BlobAnswer Read(Response response)
    {
        var content = response.ContentStream is null ? default : response.Content.ToMemory();
        long length = content.Length;
        if (response.Headers.TryGetValue("Content-Range", out string? range)
            && long.TryParse(range.AsSpan(range.LastIndexOf('/') + 1), CultureInfo.InvariantCulture, out long whole))
            length = whole;
        int blocks = response.Headers.TryGetValue("x-ms-blob-committed-block-count", out string? count)
            ? int.Parse(count, CultureInfo.InvariantCulture)
            : 0;
        response.Headers.TryGetValue("x-ms-error-code", out string? error);
        response.Headers.TryGetValue("ETag", out string? tag);
        return new BlobAnswer(response.Status, error ?? "", content, length, blocks, tag ?? "");
    }
}
